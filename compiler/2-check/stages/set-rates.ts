import { listOf } from "../../diagnostics/phrase.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ModelOverride } from "../core/override-table.ts";
import type { CheckedGroup } from "./checked-stage.ts";

/**
 * The lines of a plan with the learning rates that a cell sets: `lr` is that of every `train` line, `head.lr` that of the
 * line which names `head`, with all that this line trains. Later ones go before earlier ones.
 */
export function withRates(
  sink: DiagnosticSink,
  groups: readonly CheckedGroup[],
  rates: readonly ModelOverride[],
): readonly CheckedGroup[] {
  for (const { path, value, span, mayBeIdle } of rates) {
    const meant = groups.filter((group) => isMeant(group, path));
    const [first] = meant;
    if (first === undefined) continue;
    const place = span ?? first.span;
    if (typeof value !== "number" || !(value >= 0 && Number.isFinite(value))) {
      const needed = "a rate, which is no less than 0";
      const params = { callee: "`set`", name: path, needed, found: String(value) };
      sink.report("argument-type", place, params);
    }
    const isIdle = meant.every((group) => group.kind === "train" && group.lr === value);
    if (isIdle && mayBeIdle !== true)
      sink.report("idle-override", place, { path, value: String(value) });
  }
  return groups.map((group) => {
    const rate = rates.findLast(({ path }) => isMeant(group, path))?.value;
    return group.kind === "train" && typeof rate === "number" ? { ...group, lr: rate } : group;
  });
}

/** Reports rates that no line of any plan has. */
export function reportUnknownRates(
  sink: DiagnosticSink,
  groups: readonly CheckedGroup[],
  rates: readonly ModelOverride[],
): void {
  const trained = groups.filter(({ kind }) => kind === "train");
  const [line] = trained;
  for (const { path, span = line?.span } of rates) {
    if (span === undefined || groups.some((group) => isMeant(group, path))) continue;
    const named = trained.flatMap((group) => namesIn(group).map((name) => `${name}.lr`));
    const known = [...new Set(["lr", ...named])];
    const hint = `the learning rates of the stage are ${listOf(known)}`;
    sink.report("unknown-override", span, { path, nearest: [] }, { hint });
  }
}

function isMeant(group: CheckedGroup, path: string): boolean {
  if (group.kind !== "train") return false;
  return path === "lr" || namesIn(group).some((name) => `${plain(name)}.lr` === plain(path));
}

function namesIn({ selector }: CheckedGroup): readonly string[] {
  return selector === "everything else" ? [] : selector.split(",").map((name) => name.trim());
}

/** `layers[3]` and `layers[*]` as `layers.3` and `layers.*`. */
function plain(path: string): string {
  return path.replaceAll(/\[([^\]]*)\]/g, ".$1").replaceAll(" ", "");
}
