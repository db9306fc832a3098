import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { LoadedFile } from "../core/entity.ts";
import { countFound } from "./count-found.ts";
import { configFound } from "./read-config.ts";

/** A `weights` block, and the file that gives its names their meaning. */
export interface Layout {
  readonly block: WeightsSyntax;
  readonly file: LoadedFile;
}

interface LayoutRequest {
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

/** A block that could read the file, or keys that are paths, and how well it fits. */
export interface LayoutCandidate {
  readonly layout: Layout | undefined;
  /** Stored tensors of the model that the file has. */
  readonly found: number;
  /** Settings that the configuration gives, and those that it lacks. */
  readonly settings: number;
  readonly lacking: number;
}

interface LayoutChoice {
  /** Undefined where keys are paths: no block finds more. */
  readonly layout: Layout | undefined;
  readonly candidates: readonly LayoutCandidate[];
}

/**
 * The block that was named, or the one under which the file has most of the model's keys; between equals,
 * the one whose settings the configuration has. Undefined after a report.
 */
export function chooseLayout(request: LayoutRequest): LayoutChoice | undefined {
  const { layouts, wanted, sink, span } = request;
  const candidates = [...layouts, undefined].map((layout) => measure(request, layout));
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
    return named && { layout: named, candidates };
  }
  const [first, ...others] = candidates;
  const best = others.reduce((one, other) => (one && isBetter(other, one) ? other : one), first);
  return { layout: best?.layout, candidates };
}

function measure(
  { paths, tensors, config }: LayoutRequest,
  layout: Layout | undefined,
): LayoutCandidate {
  const block = layout?.block;
  const found = countFound(block, paths, tensors);
  if (block === undefined || config === undefined)
    return { layout, found, settings: 0, lacking: 0 };
  return { layout, found, ...configFound(block, config) };
}

/** Paths come last and have no settings, so any block that finds as much is preferred to them. */
function isBetter(one: LayoutCandidate, other: LayoutCandidate): boolean {
  if (one.found !== other.found) return one.found > other.found;
  if (one.layout === undefined) return false;
  if (one.lacking !== other.lacking) return one.lacking < other.lacking;
  return one.settings > other.settings;
}
