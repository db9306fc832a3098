import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { WeightsSyntax } from "../../ir/entry-syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { LoadedFile } from "../meaning.ts";
import { countFound } from "./count-found.ts";
import { configFound } from "./read-config.ts";

/** A `weights` block, and the file that gives its names their meaning. */
export interface Layout {
  readonly block: WeightsSyntax;
  readonly file: LoadedFile;
}

export interface LayoutRequest {
  /** Those of the model, in the order in which they are preferred. */
  readonly layouts: readonly Layout[];
  /** `--layout NAME`. */
  readonly wanted: string | undefined;
  /** What the model stores, as it is declared. */
  readonly paths: readonly string[];
  /** Shapes by key. */
  readonly tensors: Readonly<Record<string, unknown>>;
  /** Text of `config.json`, which decides between blocks with the same keys. */
  readonly config: string | undefined;
  readonly sink: DiagnosticSink;
  /** Where the model is declared, for what was asked on the command line. */
  readonly span: Span;
}

/**
 * The block that was named, or the one under which the file has most of the model's keys. `paths` means
 * that keys are paths: no block finds more. Undefined after a report.
 */
export function chooseLayout(request: LayoutRequest): Layout | "paths" | undefined {
  const { layouts, wanted, paths, tensors, config, sink, span } = request;
  if (wanted !== undefined) {
    const named = layouts.find(({ block }) => block.name.text === wanted);
    const names = layouts.map(({ block }) => block.name.text);
    if (named === undefined) {
      const hint =
        names.length === 0
          ? {}
          : { hint: `there is ${names.map((name) => `\`${name}\``).join(", ")}` };
      const nearest = nearestNames(wanted, names);
      sink.report(
        "unknown-layout",
        span,
        { name: wanted, nearest },
        nearest.length > 0 ? {} : hint,
      );
    }
    return named;
  }
  let best:
    | { readonly layout: Layout | "paths"; readonly found: number; readonly settings: number }
    | undefined;
  for (const layout of [...layouts, "paths"] as const) {
    const block = layout === "paths" ? undefined : layout.block;
    const found = countFound(block, paths, tensors);
    const settings = block === undefined || config === undefined ? 0 : configFound(block, config);
    const isBetter =
      best === undefined ||
      found > best.found ||
      (found === best.found && settings > best.settings);
    if (isBetter) best = { layout, found, settings };
  }
  return best?.layout ?? "paths";
}
