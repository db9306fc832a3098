import { invariant } from "../diagnostics/internal-error.ts";
import type { Attr, Attrs, Axis, Origin, Value } from "../ir/graph/graph.ts";
import { amount, and, constant, equal, index, less, lessEqual, where } from "../ops/build/build.ts";
import { rename, reorder, segment } from "../ops/build/build-movement.ts";
import { sum } from "../ops/build/build-reduction.ts";
import { axisOf, isFloat } from "../ops/build/type-rules.ts";
import type { PassContext } from "./pass.ts";
import { derivedBy } from "./rewrite-graph.ts";
import type { RowRegion } from "./row-region.ts";

/** Positions of an axis that a piece has: segment number `segment` of a join that stands for it. */
export interface PiecePlace {
  readonly axis: Axis;
  readonly join: Axis;
  readonly segment: number;
  /** The axis of the segment, of which the next place may be a part. */
  readonly part: Axis;
}

/** The part of an axis that is left after these places. */
export function partAt(axis: Axis, places: readonly PiecePlace[]): Axis {
  return places.reduce((whole, place) => (place.axis === whole ? place.part : whole), axis);
}

/** Makes the values of a region anew for some of its rows; what the region reads is read at these rows. */
export class PieceMaker {
  readonly #region: RowRegion;
  readonly #places: readonly PiecePlace[];
  readonly #context: PassContext;
  readonly #made = new Map<Value, Value>();

  constructor(region: RowRegion, places: readonly PiecePlace[], context: PassContext) {
    this.#region = region;
    this.#places = places;
    this.#context = context;
  }

  pieceOf(value: Value): Value {
    const known = this.#made.get(value);
    if (known !== undefined) return known;
    const { product, values } = this.#region;
    // The factors of the product are no value of their own.
    const isOwn = values.has(value) || product.inputs.includes(value);
    const made = isOwn ? this.#again(value) : this.#rowsOf(value);
    this.#made.set(value, made);
    return made;
  }

  /** Something from outside, at the rows of the piece. */
  #rowsOf(value: Value): Value {
    const { build } = this.#context;
    const origin = derivedBy("cut-products", value);
    return this.#places.reduce((x, { axis, join, segment: number }) => {
      if (!x.type.axes.includes(axis)) return x;
      return segment(build, rename(build, x, [axis], [join], origin), join, number, origin);
    }, value);
  }

  #again(value: Value): Value {
    if (value.op === "take" && this.#isOfRow(value)) return this.#taken(value);
    const inputs = value.inputs.map((input) => this.pieceOf(input));
    const made = this.#like(value, inputs, this.#attrsOf(value.attrs));
    return reorder(this.#context.build, made, this.#axesOf(value.type.axes), value.origin);
  }

  /**
   * The one element of each row that a loss asks for, such as the logit of the target, as a sum in which it
   * stands alone: the kernel that goes through the row anyway finds it, and nobody reads the row again.
   */
  #taken(value: Value): Value {
    const { build } = this.#context;
    const [x, positions] = value.inputs;
    invariant(x !== undefined && positions !== undefined, "take needs a tensor and positions");
    const { origin, type } = value;
    const axis = axisOf(value.attrs, "axis");
    const at = this.pieceOf(positions);
    const number = (n: number): Value => amount(build, n, origin);
    const end = number(this.#context.extent(axis));
    const isInside = and(
      build,
      lessEqual(build, number(0), at, origin),
      less(build, at, end, origin),
      origin,
    );
    const zero = constant(build, 0, type.element, origin);
    const found = where(build, isInside, this.#elementOf(x, axis, at, origin), zero, origin);
    return reorder(build, found, this.#axesOf(type.axes), origin);
  }

  /** The element of each row at `at`: of differences of rows and numbers the difference of what is found there. */
  #elementOf(x: Value, axis: Axis, at: Value, origin: Origin): Value {
    const { build } = this.#context;
    const isRow = (value: Value): boolean => !value.type.axes.includes(axis);
    const [a, b] = x.inputs;
    const isShifted = x.op === "sub" && a !== undefined && b !== undefined && isRow(b);
    if (isShifted && this.#region.values.has(x)) {
      const found = this.#elementOf(a, axis, at, origin);
      return this.#like(x, [found, this.pieceOf(b)]);
    }
    const row = this.pieceOf(x);
    const isHere = equal(build, index(build, axis, origin), at, origin);
    const zero = constant(build, 0, x.type.element, origin);
    return sum(build, where(build, isHere, row, zero, origin), [axis], origin);
  }

  /** The operation of a value over other inputs. */
  #like(value: Value, inputs: readonly Value[], attrs: Attrs = value.attrs): Value {
    const { op, origin } = value;
    const { build, ops } = this.#context;
    const record = ops.get(op);
    invariant(record !== undefined, `there is no operation ${op}`);
    const types = inputs.map(({ type }) => type);
    return build.value(op, inputs, attrs, record.infer(types, attrs), origin);
  }

  /** A float of each row. */
  #isOfRow({ type }: Value): boolean {
    return isFloat(type.element) && type.axes.length === this.#region.rows.length;
  }

  #axesOf(axes: readonly Axis[]): readonly Axis[] {
    return axes.map((axis) => partAt(axis, this.#places));
  }

  #attrsOf(attrs: Attrs): Attrs {
    const mapped = (attr: Attr): Attr => {
      if (typeof attr !== "object") return attr;
      if (Array.isArray(attr)) return attr.map(mapped);
      if (!("segments" in attr)) return attr;
      return partAt(attr, this.#places);
    };
    return Object.fromEntries(Object.entries(attrs).map(([name, attr]) => [name, mapped(attr)]));
  }
}
