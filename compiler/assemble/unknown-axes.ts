import { listOf, nearestHint } from "../diagnostics/phrase.ts";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import { nearestNames } from "../diagnostics/suggest.ts";
import type { Span } from "../source/source-file.ts";

/** Sizes are asked for by the names of free axes; those that nobody has are reported with the ones that there are. */
export function reportUnknownAxes(
  names: Iterable<string>,
  free: ReadonlySet<string>,
  place: Span,
  sink: DiagnosticSink,
): void {
  for (const name of new Set(names)) {
    if (free.has(name)) continue;
    const nearest = nearestNames(name, free);
    const hint =
      nearestHint(nearest) ??
      (free.size > 0
        ? `the free axes are ${listOf([...free])}; others are changed with \`--set\``
        : "there is no free axis; sizes of others are changed with `--set`");
    sink.report("unknown-axis", place, { name, nearest }, { hint });
  }
}
