import type { Axis, Value } from "../../ir/graph/graph.ts";
import { isFloat } from "../../ops/build/type-rules.ts";
import type { SurfaceArgument } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import { describeType, nameOfAxis, textOf } from "../core/describe.ts";
import type { Env, PairedAxes } from "../core/entity.ts";

/**
 * Notes a sum of floats in which each side has an axis that the other lacks, as a residual of two widths
 * has: it is every pair of their positions. What `..` or an interface leaves open is not judged.
 */
export function noteOuterSum(
  checker: Checker,
  env: Env,
  operands: readonly SurfaceArgument[],
  span: Span,
): void {
  if (checker.known.calls === "body") return;
  const values = operands.flatMap(({ operand }) =>
    operand.kind === "tensor" ? [operand.value] : [],
  );
  const [left, right] = values;
  const [, second] = operands;
  if (left === undefined || right === undefined || second === undefined) return;
  if (!isFloat(left.type.element) || !isFloat(right.type.element)) return;
  const [onlyLeft, onlyRight] = [lacking(left, right), lacking(right, left)];
  const isOpen = (axis: Axis) => checker.restAxes.has(axis) || checker.abstractAxes.has(axis);
  // Sides that have nothing in common, such as rows and columns, are no residual.
  const isResidual = onlyLeft.length > 0 && onlyLeft.length < left.type.axes.length;
  if (!isResidual || onlyRight.length === 0) return;
  if ([...onlyLeft, ...onlyRight].some(isOpen)) return;
  const names = (axes: readonly Axis[]) => axes.map((axis) => nameOfAxis(checker, env, axis));
  const found: PairedAxes = {
    span,
    left: describeType(checker, env, left.type),
    right: describeType(checker, env, right.type),
    onlyLeft: names(onlyLeft),
    onlyRight: names(onlyRight),
    text: textOf(second.span),
  };
  for (const axis of onlyRight) env.frame.paired.set(axis, found);
}

function lacking({ type }: Value, other: Value): readonly Axis[] {
  return type.axes.filter((axis) => !other.type.axes.includes(axis));
}
