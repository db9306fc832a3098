import { quote } from "../../diagnostics/phrase.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import type { Combine } from "../../ir/kernel/loops.ts";
import { add, amount, convert, maximum, minimum, mul } from "../build/build.ts";
import {
  concat,
  expandTo,
  put,
  putCombined,
  reorder,
  segment,
  split,
} from "../build/build-movement.ts";
import { takenType } from "../build/movement-types.ts";
import { isFloat, replaceAxes } from "../build/type-rules.ts";
import { defineSurface } from "./define-surface.ts";
import { formatAxes, formatType } from "./read/format-type.ts";
import { type ElementRule, tensorFor } from "./read/meet-operands.ts";
import { namedSegment } from "./read/named-segment.ts";
import { asOneAxis } from "./read/one-axis.ts";
import { tensorOperand } from "./read/operands.ts";
import { readPositions } from "./read/read-positions.ts";
import { isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { amountFor } from "./read/static-amount.ts";
import { textOf } from "./read/text-of.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** `put`: the dual of `take`. */
export const putSurface = defineSurface({
  name: "put",
  signature: "put{N: p}(x, y)",
  doc: "`x` with the elements that `take{N: p}` would give replaced by `y`. Positions outside of `N` are dropped; of equal positions the last in order wins. `put{Tok: Patch}` replaces a segment.",
  braces: { items: "one", at: true },
  parameters: [{ name: "x" }, { name: "y" }],
  elaborate: (call) => elaboratePut(call, undefined),
});

/** `put` that combines what is there with what comes. */
export const putCombinedSurfaces: readonly SurfaceOp[] = [
  combinedSurface("put_add", "sum", "added to what is there"),
  combinedSurface("put_mul", "product", "multiplied with what is there"),
  combinedSurface("put_max", "max", "taken where it is larger"),
  combinedSurface("put_min", "min", "taken where it is smaller"),
];

function combinedSurface(name: string, combine: Combine, what: string): SurfaceOp {
  return defineSurface({
    name,
    signature: `${name}{N: p}(x, y)`,
    doc: `\`put\` with each value ${what}, one after the other where positions are equal.`,
    braces: { items: "one", at: true },
    parameters: [{ name: "x" }, { name: "y" }],
    elaborate: (call) => elaboratePut(call, combine),
  });
}

function elaboratePut(call: CheckedCall, combine: Combine | undefined): Operand | undefined {
  const [item] = call.items;
  if (item?.kind !== "axes" || item.at === undefined) return undefined;
  return item.at.kind === "axes" ? putSegment(call, combine) : putPositions(call, combine);
}

function ruleOf(combine: Combine | undefined): ElementRule {
  return combine === undefined ? "any" : "number";
}

const combined = { sum: add, product: mul, max: maximum, min: minimum };

function putSegment(call: CheckedCall, combine: Combine | undefined): Operand | undefined {
  const x = operandWithAxes(call, ruleOf(combine));
  const found = namedSegment(call);
  if (x === undefined || found === undefined) return undefined;
  const { axis, axes, number } = found;
  if (number !== "all" && !isFreeOf(call, x, [axis], axes)) return undefined;
  const made = number === "all" ? x.type.axes : replaceAxes(x.type.axes, [axis], axes);
  const y = valuesFor(call, x, made);
  if (y === undefined) return undefined;
  const { build, origin } = call.context;
  const join = (old: () => Value): Value =>
    combine === undefined ? y : combined[combine](build, old(), y, origin);
  if (number === "all") return tensorOperand(join(() => x));
  // In the generic check only the type matters, and `x` has it.
  if (number === "unknown") return tensorOperand(x);
  const parts = (axis.segments ?? []).map((_, n) => {
    const old = (): Value => segment(build, x, axis, n, origin);
    return n === number ? join(old) : old();
  });
  return tensorOperand(reorder(build, concat(build, parts, axis, origin), x.type.axes, origin));
}

function putPositions(call: CheckedCall, combine: Combine | undefined): Operand | undefined {
  const x = operandWithAxes(call, ruleOf(combine));
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
  const { axis } = one;
  const result =
    combine === undefined
      ? put(build, one.x, axis, positions, y, origin)
      : putCombined(build, one.x, { axis, combine }, positions, y, origin);
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
