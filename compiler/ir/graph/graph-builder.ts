import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import { axisId } from "../axis-ids.ts";
import type { Attr, Attrs, Axis, AxisPiece, Origin, TensorType, Value } from "./graph.ts";

/**
 * The only maker of axes and values. Values are interned on (op, inputs, attrs, type), so equal
 * computations are one object; the first origin is kept. Joins are interned by their segments: two
 * joins of the same list are the same axis.
 */
export class GraphBuilder {
  readonly #values = new Map<string, Value>();
  readonly #joins = new Map<string, Axis>();
  readonly #originals = new Map<Axis, Axis>();
  #nextValue = 0;
  #nextAxis = 0;

  axis(name: string, size: Size, span: Span | undefined): Axis {
    return { id: axisId(this.#nextAxis++), name, size, segments: undefined, span };
  }

  /** Some of the rows of a product. */
  piece(name: string, size: Size, span: Span | undefined, piece: AxisPiece): Axis {
    return { ...this.axis(name, size, span), piece };
  }

  /** `size` must be the sum over segments of the product of their axes' sizes. */
  join(
    name: string,
    size: Size,
    segments: readonly (readonly Axis[])[],
    span: Span | undefined,
  ): Axis {
    const key = segments.map((segment) => segment.map((axis) => axis.id).join("*")).join("+");
    const known = this.#joins.get(key);
    if (known !== undefined) return known;
    const axis: Axis = { id: axisId(this.#nextAxis++), name, size, segments, span };
    this.#joins.set(key, axis);
    return axis;
  }

  /** Another axis with the size and inner structure of `axis`. */
  twin(name: string, axis: Axis, span: Span | undefined): Axis {
    const { size, segments } = axis;
    const twin: Axis = { id: axisId(this.#nextAxis++), name, size, segments, span };
    this.#originals.set(twin, axis);
    return twin;
  }

  /** What this axis is a twin of. */
  originalOf(axis: Axis): Axis | undefined {
    return this.#originals.get(axis);
  }

  value(
    op: string,
    inputs: readonly Value[],
    attrs: Attrs,
    type: TensorType,
    origin: Origin,
  ): Value {
    const { element, axes } = type;
    if (axes.some((axis, n) => axes.indexOf(axis) !== n))
      throw new InternalError(`${op} makes an axis twice`);
    const key = `${op}|${idsOf(inputs)}|${attrsKey(attrs)}|${element}|${idsOf(axes)}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value: Value = { id: this.#nextValue++, op, inputs, attrs, type, origin };
    this.#values.set(key, value);
    return value;
  }
}

/** Called for every value that is asked for, and so written as plain loops. */
function idsOf(list: readonly { readonly id: number }[]): string {
  let ids = "";
  for (const { id } of list) ids += `,${id}`;
  return ids;
}

function attrsKey(attrs: Attrs): string {
  const names = Object.keys(attrs);
  if (names.length > 1) names.sort();
  let key = "";
  for (const name of names) key += `;${name}=${attrKey(attrs[name] as Attr)}`;
  return key;
}

function attrKey(attr: Attr): string {
  if (typeof attr !== "object") return `${typeof attr}:${String(attr)}`;
  if (Array.isArray(attr)) return `[${attr.map(attrKey).join(",")}]`;
  if ("segments" in attr) return `axis:${attr.id}`;
  if ("terms" in attr) return `size:${attr.key}`;
  throw new InternalError("an attribute that cannot be interned");
}
