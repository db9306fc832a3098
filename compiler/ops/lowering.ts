import { InternalError } from "../diagnostics/internal-error.ts";
import { call, floatConstant, intConstant } from "../ir/expr/expr.ts";
import type { Expr } from "../ir/expr/expr-form.ts";
import type { ScalarType } from "../ir/expr/scalar-types.ts";
import type { Axis, ElementType } from "../ir/graph/graph.ts";
import type { ElementContext, Extent, Lowering } from "./define-op.ts";

/** The lowering of an operation that computes each element from the inputs' elements at its place. */
export function elementwise(
  compute: (values: readonly Expr[], context: ElementContext) => Expr,
): Lowering {
  return {
    kind: "element",
    isView: false,
    element: (context) =>
      compute(
        context.inputTypes.map((_, n) => context.input(n, context.at)),
        context,
      ),
  };
}

/** The lowering of an operation that only makes or moves elements: free to repeat. */
export function view(element: (context: ElementContext) => Expr): Lowering {
  return { kind: "element", isView: true, element };
}

/** What arithmetic a type has in kernels: every float is f32 there. */
export function scalarOf(element: ElementType): ScalarType {
  switch (element) {
    case "i32":
    case "u32":
    case "bool":
      return element;
    default:
      return "f32";
  }
}

export function operand(values: readonly Expr[], n: number): Expr {
  const value = values[n];
  if (value === undefined) throw new InternalError(`operand ${n} is missing`);
  return value;
}

type IndexOf = (axis: Axis) => Expr;

/** `at`, but with these positions along these axes. */
export function withIndices(at: IndexOf, axes: readonly Axis[], indices: readonly Expr[]): IndexOf {
  return (axis) => indices[axes.indexOf(axis)] ?? at(axis);
}

/** The number of a position among all positions of `axes`, row-major. */
export function linearIndex(axes: readonly Axis[], extent: Extent, at: IndexOf): Expr {
  const [first, ...rest] = axes;
  if (first === undefined) return intConstant(0);
  return rest.reduce((offset, axis) => {
    const scaled = call("mul", [offset, intConstant(extent(axis))], "i32");
    return call("add", [scaled, at(axis)], "i32");
  }, at(first));
}

/** Inverse of `linearIndex`: one index per axis. */
export function spreadIndex(axes: readonly Axis[], extent: Extent, linear: Expr): readonly Expr[] {
  const indices: Expr[] = [];
  let rest = linear;
  for (let n = axes.length - 1; n >= 1; n--) {
    const size = intConstant(extent(axes[n] as Axis));
    indices.unshift(call("mod", [rest, size], "i32"));
    rest = call("div", [rest, size], "i32");
  }
  return axes.length === 0 ? [] : [rest, ...indices];
}

/** `start <= position < end`. */
export function within(position: Expr, start: Expr, end: Expr): Expr {
  const isAfter = call("ge", [position, start], "bool");
  return call("and", [isAfter, call("lt", [position, end], "bool")], "bool");
}

/** `position - by`. */
export function shifted(position: Expr, by: number): Expr {
  return by === 0 ? position : call("sub", [position, intConstant(by)], "i32");
}

export function zeroOf(element: ElementType): Expr {
  return scalarConstant(0, element);
}

export function scalarConstant(value: number, element: ElementType): Expr {
  const type = scalarOf(element);
  return type === "f32" ? floatConstant(value) : { kind: "constant", type, value };
}
