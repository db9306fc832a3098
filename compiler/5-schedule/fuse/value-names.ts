import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { Span } from "../../source/source-file.ts";
import { placeOf } from "../../source/source-file.ts";

/** The source form of an origin, through whatever passes made the value. */
function sourceOf(value: Value): Extract<Origin, { kind: "source" }> {
  let { origin } = value;
  while (origin.kind === "derived") origin = origin.from.origin;
  return origin;
}

export function pathOf(value: Value): string {
  return sourceOf(value).path;
}

/** The last name of a part's path that is no number: `qkv` of `encoder.layers.3.attn.qkv`. */
export function partName(value: Value): string {
  const names = pathOf(value).split(/[.[\]]/);
  return names.findLast((name) => name !== "" && !/^\d+$/.test(name)) ?? "";
}

/** For people: what was computed, as `sum{D}` or `exp`. */
export function operationName(value: Value): string {
  const { axes } = value.attrs;
  if (!Array.isArray(axes) || value.op.endsWith("uniform")) return value.op;
  const names = axes.map((axis) => (axis as Axis).name);
  return `${value.op}{${names.join(", ")}}`;
}

type KernelPlace = Kernel["places"][number];

/** Turns origins into places; each span is looked up once. */
export class PlaceFinder {
  readonly #lines = new Map<Span, number>();

  placesOf(values: readonly Value[]): readonly KernelPlace[] {
    const places = new Map<string, KernelPlace>();
    for (const value of values) {
      const { span, path } = sourceOf(value);
      const place = { path, file: span.file.path, line: this.#lineOf(span) };
      places.set(`${path}|${place.file}|${place.line}`, place);
    }
    return [...places.values()];
  }

  #lineOf(span: Span): number {
    const known = this.#lines.get(span);
    if (known !== undefined) return known;
    const { line } = placeOf(span.file, span.start);
    this.#lines.set(span, line);
    return line;
  }
}
