import { listOf, quote } from "../../../diagnostics/phrase.ts";
import type { Axis, Value } from "../../../ir/graph/graph.ts";
import type { Span } from "../../../source/source-file.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { declaredAxes } from "./declared-axes.ts";
import { formatType } from "./format-type.ts";
import { type ElementRule, isTaken, tensorFor } from "./meet-operands.ts";

/** The operand `x`, if it has all axes of the braces (left of the arrow, where there is one). */
export function operandWithAxes(call: CheckedCall, rule: ElementRule = "any"): Value | undefined {
  const [argument] = call.args.get("x") ?? [];
  if (argument === undefined || (rule !== "any" && !isTaken(call, argument, rule)))
    return undefined;
  const x = tensorFor(call, argument);
  return x !== undefined && hasAxes(call, x, call.axes, argument.span) ? x : undefined;
}

/** Whether `x` has all these axes; reports those that it lacks. */
function hasAxes(call: CheckedCall, x: Value, axes: readonly Axis[], span: Span): boolean {
  const missing = axes.filter((axis) => !x.type.axes.includes(axis));
  if (missing.length === 0) return true;
  const { nameOf } = call.context;
  const names = missing.map(nameOf);
  const namesakes = x.type.axes.filter((axis) => names.includes(nameOf(axis)));
  call.context.sink.report(
    "missing-axis",
    span,
    { axes: names, where: quote(call.name), found: formatType(call.context, x.type) },
    {
      label: formatType(call.context, x.type),
      related: namesakes.flatMap((axis) =>
        axis.span === undefined
          ? []
          : [{ span: axis.span, text: `its ${quote(nameOf(axis))} is another axis, made here` }],
      ),
      hint: missingHint(call, x, missing),
    },
  );
  return false;
}

/** Of equal size and not named otherwise, an axis is probably the one that was meant. */
function missingHint(call: CheckedCall, x: Value, missing: readonly Axis[]): string {
  const { nameOf } = call.context;
  const [wanted] = missing;
  const free = x.type.axes.filter((axis) => !call.axes.includes(axis));
  const alike = free.filter((axis) => axis.size === wanted?.size);
  const [only] = alike;
  if (wanted !== undefined && only !== undefined && alike.length === 1) {
    return `\`rename{${nameOf(only)} -> ${nameOf(wanted)}}(...)\` makes ${quote(nameOf(only))} that axis`;
  }
  return `its axes are ${listOf(x.type.axes.map(nameOf))}`;
}

/** Whether no axis is known to be empty; reports one that is. */
export function hasElements(call: CheckedCall, axes: readonly Axis[]): boolean {
  const empty = axes.find((axis) => call.context.sizes.valueOf(axis.size) === 0);
  if (empty === undefined) return true;
  const params = { axis: call.context.nameOf(empty), where: quote(call.name) };
  const related = declaredAxes(call, [empty]);
  call.context.sink.report("empty-axis", call.span, params, { related });
  return false;
}

/**
 * Whether `made` can replace `gone` in `x`: no axis may be made twice or be there already. Reports the
 * first that is.
 */
export function isFreeOf(
  call: CheckedCall,
  x: Value,
  gone: readonly Axis[],
  made: readonly Axis[],
): boolean {
  const kept = x.type.axes.filter((axis) => !gone.includes(axis));
  const twice = made.find((axis, n) => kept.includes(axis) || made.indexOf(axis) !== n);
  if (twice === undefined) return true;
  const params = { axis: call.context.nameOf(twice), where: `the result of ${quote(call.name)}` };
  call.context.sink.report("duplicate-axis", call.span, params, {
    notes: [`the operand is ${formatType(call.context, x.type)}`],
  });
  return false;
}
