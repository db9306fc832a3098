import type { Value } from "../../ir/graph/graph.ts";
import { joinOf } from "../../ir/kernel/engines/combining.ts";
import { and, constant, convert, div, equal, mul, not, where } from "../build/build.ts";
import { combineOf, expandTo, putCombined, reorder, take } from "../build/build-movement.ts";
import { putSortedType, putType } from "../build/movement-types.ts";
import { axisOf } from "../build/type-rules.ts";
import { defineOp, type GradientContext, type OpSample } from "../define-op.ts";
import { numberLike, operandOf } from "../gradient.ts";
import { scalarOf } from "../lowering.ts";
import { positionSample } from "../position-sample.ts";
import { elementsOf, tensorAt, tensorOf } from "../reference.ts";
import { putElements, turnsOf } from "./putting.ts";

/** `put` that adds, multiplies or compares instead of replacing. */
export const putCombinedOp = defineOp({
  name: "put_combined",
  doc: "`put_add{N: p}(x, y)`, `put_mul`, `put_max`, `put_min`: each value of `y` combined with what is at its position, in order. The gradient of a largest or smallest element goes to `x` on a tie, then to the first of `y`.",
  infer: putType,
  gradient: (context) => {
    switch (combineOf(context.value.attrs)) {
      case "sum":
        return [context.gradient, undefined, atPositions(context, context.gradient)];
      case "product":
        return productGradients(context);
      default:
        return winnerGradients(context);
    }
  },
  lowering: { kind: "engine", engine: "scatter" },
  reference: (inputs, attrs, type, extent) => {
    const join = joinOf(combineOf(attrs) ?? "sum", scalarOf(type.element));
    return putElements(inputs, attrs, type, extent, join);
  },
  samples: (["sum", "product", "max", "min"] as const).flatMap((combine) => [
    combining(`${combine}, new and shared axes`, combine, ({ n, b, p, d }) => [
      [b, n, d],
      [p, b],
      [b, p, d],
    ]),
    combining(`${combine}, positions along the axis itself`, combine, ({ n, d }) => [
      [n, d],
      [n],
      [n, d],
    ]),
    combining(`${combine}, one position for each row`, combine, ({ n, b, d }) => [
      [n, b, d],
      [b],
      [d, b],
    ]),
  ]),
});

function combining(
  name: string,
  combine: string,
  axesOf: Parameters<typeof positionSample>[1],
): OpSample {
  const sample = positionSample(name, axesOf, 1);
  return {
    ...sample,
    make: (build) => {
      const { inputs, attrs } = sample.make(build);
      return { inputs, attrs: { ...attrs, combine } };
    },
  };
}

/** What is at the positions, with the axes of the values. */
function atPositions({ build, value, origin }: GradientContext, x: Value): Value {
  const [positions, values] = [operandOf(value, 1), operandOf(value, 2)];
  const taken = take(build, x, axisOf(value.attrs, "axis"), positions, origin);
  return reorder(build, taken, values.type.axes, origin);
}

/** The same positions, other elements and another way. */
function combinedLike(
  { build, value, origin }: GradientContext,
  combine: "sum" | "product" | "min",
  x: Value,
  values: Value,
): Value {
  const full = expandTo(build, x, value.type.axes, origin);
  const own = expandTo(build, values, operandOf(value, 2).type.axes, origin);
  const how = { axis: axisOf(value.attrs, "axis"), combine };
  return putCombined(build, full, how, operandOf(value, 1), own, origin);
}

/** To one place for each element: `x` where it is the largest, else the first value that is. */
function winnerGradients(context: GradientContext): readonly (Value | undefined)[] {
  const { build, value, gradient, origin } = context;
  const [x, values] = [operandOf(value, 0), operandOf(value, 2)];
  const isKept = equal(build, x, value, origin);
  const zero = numberLike(context, gradient, 0);
  const isFound = equal(build, values, atPositions(context, value), origin);
  const isOpen = not(build, atPositions(context, isKept), origin);
  const isCandidate = and(build, isFound, isOpen, origin);
  const given = atPositions(context, gradient);
  return [
    where(build, isKept, gradient, zero, origin),
    undefined,
    where(build, firstOf(context, isCandidate), given, zero, origin),
  ].map((part, n) => part && reorder(build, part, operandOf(value, n).type.axes, origin));
}

/** Whether a value is the first candidate for its place. */
function firstOf(context: GradientContext, isCandidate: Value): Value {
  const { build, value, origin } = context;
  const turn = turnsOf(value, build, origin);
  if (turn === undefined) return isCandidate;
  const never = constant(build, 2147483647, "i32", origin);
  const turns = where(build, isCandidate, turn, never, origin);
  const first = combinedLike(context, "min", never, turns);
  const isFirst = equal(build, atPositions(context, first), turn, origin);
  return and(build, isCandidate, isFirst, origin);
}

/** What each factor is multiplied with, though factors are 0: see `product`. */
function productGradients(context: GradientContext): readonly (Value | undefined)[] {
  const { build, value, gradient, origin } = context;
  const [x, values] = [operandOf(value, 0), operandOf(value, 2)];
  const [zero, one] = [numberLike(context, x, 0), numberLike(context, x, 1)];
  const isZero = (factor: Value): Value => equal(build, factor, zero, origin);
  const unlessZero = (factor: Value): Value => where(build, isZero(factor), one, factor, origin);
  const countZero = (factor: Value): Value => convert(build, isZero(factor), "i32", origin);
  const rest = combinedLike(context, "product", unlessZero(x), unlessZero(values));
  const zeros = combinedLike(context, "sum", countZero(x), countZero(values));
  const others = (factor: Value, rest: Value, zeros: Value): Value => {
    const count = (wanted: number): Value =>
      equal(build, zeros, constant(build, wanted, "i32", origin), origin);
    const ofZero = where(build, count(1), rest, zero, origin);
    const ofOther = where(build, count(0), div(build, rest, factor, origin), zero, origin);
    return where(build, isZero(factor), ofZero, ofOther, origin);
  };
  const ofValues = others(values, atPositions(context, rest), atPositions(context, zeros));
  return [
    mul(build, gradient, others(x, rest, zeros), origin),
    undefined,
    mul(build, atPositions(context, gradient), ofValues, origin),
  ].map((part, n) => part && reorder(build, part, operandOf(value, n).type.axes, origin));
}

/** `put_combined` once its updates lie one after the other, sorted by the rows that they belong to. */
export const putSortedOp = defineOp({
  name: "put_sorted",
  doc: "What `put_add` and its like become where updates are many: each row of `x` takes those from number `from` to before number `to` of the updates, which are sorted by row.",
  infer: putSortedType,
  gradient: "it is made after gradients, and never differentiated again",
  lowering: { kind: "engine", engine: "scatter" },
  reference: (inputs, attrs, type, extent) => {
    const order = axisOf(attrs, "order");
    const join = joinOf(combineOf(attrs) ?? "sum", scalarOf(type.element));
    const [base, from, to, values] = [0, 1, 2, 3].map((n) =>
      elementsOf(tensorAt(inputs, n), extent),
    );
    return tensorOf(type, extent, (at) => {
      let element = base?.(at) ?? Number.NaN;
      for (let number = from?.(at) ?? 0; number < (to?.(at) ?? 0); number++) {
        const update = values?.((axis) => (axis === order ? number : at(axis)));
        element = join(element, update ?? Number.NaN);
      }
      return element;
    });
  },
  samples: [sortedSample("sum"), sortedSample("max")],
});

/** Ranges that are drawn may be empty, and may overlap. */
function sortedSample(combine: string): OpSample {
  return {
    name: `${combine}, ranges of seven updates`,
    make: (build) => {
      const [n, d, order] = [build.axis("N", 5), build.axis("D", 3), build.axis("Order", 7)];
      const rows = { element: "i32", axes: [n] } as const;
      return {
        inputs: [
          { element: "f32", axes: [n, d] },
          rows,
          rows,
          { element: "f32", axes: [order, d] },
        ],
        attrs: { order, combine },
      };
    },
    ranges: [
      [-2, 2],
      [0, 4],
      [0, 7],
      [-2, 2],
    ],
  };
}
