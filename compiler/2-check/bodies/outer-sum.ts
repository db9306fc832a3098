import type { Axis, Value } from "../../ir/graph/graph.ts";
import { isFloat } from "../../ops/build/type-rules.ts";
import type { SurfaceArgument } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { describeType, nameOfAxis, textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import type { Env, PairedAxes } from "../core/meaning.ts";

/**
 * Notes a sum of floats in which each side has an axis that the other lacks, as a residual of two widths
 * has: it is every pair of their positions. What `..` or an interface leaves open is not judged.
 */
export function noteOuterSum(
  on: Elaboration,
  env: Env,
  operands: readonly SurfaceArgument[],
  span: Span,
): void {
  if (on.known.calls === "body") return;
  const values = operands.flatMap(({ operand }) =>
    operand.kind === "tensor" ? [operand.value] : [],
  );
  const [left, right] = values;
  const [, second] = operands;
  if (left === undefined || right === undefined || second === undefined) return;
  if (!isFloat(left.type.element) || !isFloat(right.type.element)) return;
  const [onlyLeft, onlyRight] = [lacking(left, right), lacking(right, left)];
  const isOpen = (axis: Axis) => on.restAxes.has(axis) || on.abstractAxes.has(axis);
  if (onlyLeft.length === 0 || onlyRight.length === 0) return;
  if ([...onlyLeft, ...onlyRight].some(isOpen)) return;
  const names = (axes: readonly Axis[]) => axes.map((axis) => nameOfAxis(on, env, axis));
  const found: PairedAxes = {
    span,
    left: describeType(on, env, left.type),
    right: describeType(on, env, right.type),
    onlyLeft: names(onlyLeft),
    onlyRight: names(onlyRight),
    text: textOf(second.span),
  };
  for (const axis of onlyRight) env.frame.paired.set(axis, found);
}

function lacking({ type }: Value, other: Value): readonly Axis[] {
  return type.axes.filter((axis) => !other.type.axes.includes(axis));
}
