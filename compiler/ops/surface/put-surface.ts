import { quote } from "../../diagnostics/phrase.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import { amount, convert } from "../build/build.ts";
import { concat, expandTo, put, reorder, segment, split } from "../build/build-movement.ts";
import { takenType } from "../build/movement-types.ts";
import { isFloat, replaceAxes } from "../build/type-rules.ts";
import { defineSurface } from "./define-surface.ts";
import { formatAxes, formatType } from "./read/format-type.ts";
import { tensorFor } from "./read/meet-operands.ts";
import { namedSegment } from "./read/named-segment.ts";
import { asOneAxis } from "./read/one-axis.ts";
import { tensorOperand } from "./read/operands.ts";
import { readPositions } from "./read/read-positions.ts";
import { isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { amountFor } from "./read/static-amount.ts";
import { textOf } from "./read/text-of.ts";
import type { Operand } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** `put`: the dual of `take`. */
export const putSurface = defineSurface({
  name: "put",
  signature: "put{N: p}(x, y)",
  doc: "`x` with the elements that `take{N: p}` would give replaced by `y`. Positions outside of `N` are dropped; of equal positions the last in order wins. `put{Tok: Patch}` replaces a segment.",
  braces: { items: "one", at: true },
  parameters: [{ name: "x" }, { name: "y" }],
  elaborate: (call) => {
    const [item] = call.items;
    if (item?.kind !== "axes" || item.at === undefined) return undefined;
    return item.at.kind === "axes" ? putSegment(call) : putPositions(call);
  },
});

function putSegment(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const found = namedSegment(call);
  if (x === undefined || found === undefined) return undefined;
  const { axis, axes, number } = found;
  if (number !== "all" && !isFreeOf(call, x, [axis], axes)) return undefined;
  const made = number === "all" ? x.type.axes : replaceAxes(x.type.axes, [axis], axes);
  const y = valuesFor(call, x, made);
  if (y === undefined) return undefined;
  const { build, origin } = call.context;
  if (number === "all") return tensorOperand(y);
  // In the generic check only the type matters, and `x` has it.
  if (number === "unknown") return tensorOperand(x);
  const parts = (axis.segments ?? []).map((_, n) =>
    n === number ? y : segment(build, x, axis, n, origin),
  );
  return tensorOperand(reorder(build, concat(build, parts, axis, origin), x.type.axes, origin));
}

function putPositions(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const read = readPositions(call);
  const one = x && asOneAxis(call, x);
  if (x === undefined || one === undefined || read === undefined) return undefined;
  const { build, origin } = call.context;
  const positions =
    read.kind === "tensor"
      ? read.value
      : amount(build, amountFor(call.context, read.position), origin);
  const { axes } = takenType([one.x.type, positions.type], { axis: one.axis });
  const y = valuesFor(call, x, axes);
  if (y === undefined) return undefined;
  const result = put(build, one.x, one.axis, positions, y, origin);
  if (one.x === x) return tensorOperand(result);
  const spread = split(build, result, one.axis, call.axes, origin);
  return tensorOperand(reorder(build, spread, x.type.axes, origin));
}

/** `y` with exactly these axes and the element type of `x`. What it lacks is repeated. */
function valuesFor(call: CheckedCall, x: Value, axes: readonly Axis[]): Value | undefined {
  const [argument] = call.args.get("y") ?? [];
  if (argument === undefined) return undefined;
  const y = tensorFor(call, argument, x.type.element);
  if (y === undefined) return undefined;
  const { build, sink, origin } = call.context;
  const [from, to] = [y.type.element, x.type.element];
  const isWider = from === to || (from === "real" && to === "f32");
  if (!isWider) {
    const conversion = `${to}(${textOf(argument.span)})`;
    const where = quote(call.name);
    if (isFloat(from) && isFloat(to)) {
      const params = { where, from: quote(from), to: quote(to), conversion };
      sink.report("implicit-conversion", argument.span, params);
    } else {
      const params = {
        where,
        needed: quote(to),
        found: formatType(call.context, y.type),
        conversion,
      };
      sink.report("dtype-mismatch", argument.span, params);
    }
    return undefined;
  }
  const extra = y.type.axes.filter((axis) => !axes.includes(axis));
  if (extra.length > 0) {
    const params = {
      axes: extra.map(call.context.nameOf),
      where: `${quote(call.name)} into elements ${formatAxes(call.context, axes)}`,
      found: formatType(call.context, y.type),
    };
    const hint = "a value for each position has the axes that `take` has there";
    sink.report("extra-axis", argument.span, params, { hint });
    return undefined;
  }
  return expandTo(build, convert(build, y, to, origin), axes, origin);
}
