import type { Attrs, Axis, TensorType } from "../../../ir/graph/graph.ts";
import { axesOf, numberOf, unionAxes, withoutAxes } from "../../build/type-rules.ts";
import {
  defineOp,
  type OpDefinition,
  type OpSample,
  type ReferenceTensor,
} from "../../define-op.ts";
import {
  elementsOf,
  forEachPosition,
  lowestOf,
  nestedPosition,
  tensorOf,
} from "../../reference.ts";
import { type AttendAxes, attendAxes, operandsAmong } from "./attend-operands.ts";
import { scoresOf } from "./attend-scores.ts";

type Reference = OpDefinition["reference"];

/**
 * The operations of an attention's way back, which a gradient rule makes and nobody writes. The first takes
 * what the attention takes; the others take the gradient of the result, the sums of the first and the result,
 * or what `attend_delta` makes of it, behind the values.
 */
export const attendBackOps = {
  attend_log_sum: defineOp({
    name: "attend_log_sum",
    doc: "The logarithm of the sum, over the keys, of e to the power of an attention's scores.",
    infer: (inputs, attrs) => {
      const { batch, queries } = axesAmong(inputs, attrs, false);
      return { element: "f32", axes: inOrderOf(axesOf(attrs, "axes"), [...batch, ...queries]) };
    },
    gradient: "it is made for a gradient, and never differentiated again",
    lowering: { kind: "engine", engine: "attend" },
    reference: logSumReference,
    samples: [
      sampleOf("of each row", "none", {}),
      sampleOf("below a mask", "none", { mask: true }),
    ],
  }),
  attend_delta: defineOp({
    name: "attend_delta",
    doc: "The sum over the axes of the values of an attention's result times its gradient.",
    infer: (inputs, attrs) => {
      const { batch, queries } = axesAmong(inputs, attrs, true);
      return { element: "f32", axes: inOrderOf(axesOf(attrs, "axes"), [...batch, ...queries]) };
    },
    gradient: "it is made for a gradient, and never differentiated again",
    lowering: { kind: "engine", engine: "attend-back" },
    reference: deltaReference,
    samples: [sampleOf("of each row", "result", {})],
  }),
  attend_back_query: defineOp({
    name: "attend_back_query",
    doc: "The gradient of an attention's query.",
    infer: (inputs, attrs) => {
      const { batch, queries, inner } = axesAmong(inputs, attrs, true);
      return typeLike(inputs[0], [...batch, ...queries, ...inner]);
    },
    gradient: "it is a gradient, and never differentiated again",
    lowering: { kind: "engine", engine: "attend-back" },
    reference: backReference("queries", "slope"),
    samples: backSamples("result"),
  }),
  attend_back_key: defineOp({
    name: "attend_back_key",
    doc: "The gradient of an attention's key.",
    infer: (inputs, attrs) => {
      const { batch, keys, inner } = axesAmong(inputs, attrs, true);
      return typeLike(inputs[1], [...batch, ...keys, ...inner]);
    },
    gradient: "it is a gradient, and never differentiated again",
    lowering: { kind: "engine", engine: "attend-back" },
    reference: backReference("keys", "slope"),
    samples: backSamples("delta"),
  }),
  attend_back_value: defineOp({
    name: "attend_back_value",
    doc: "The gradient of an attention's values.",
    infer: (inputs, attrs) => {
      const { batch, keys, valueAxes } = axesAmong(inputs, attrs, true);
      return typeLike(inputs[2], [...batch, ...keys, ...valueAxes]);
    },
    gradient: "it is a gradient, and never differentiated again",
    lowering: { kind: "engine", engine: "attend-back" },
    reference: backReference("keys", "weight"),
    samples: backSamples("delta"),
  }),
} as const;

function axesAmong(inputs: readonly TensorType[], attrs: Attrs, isBack: boolean): AttendAxes {
  const typed = inputs.map((type) => ({ type }));
  return attendAxes(
    operandsAmong(typed, ({ type }) => type, isBack),
    attrs,
  );
}

function inOrderOf(order: readonly Axis[], axes: readonly Axis[]): readonly Axis[] {
  return order.filter((axis) => axes.includes(axis));
}

/** The operand's axes first, in their order, then those by which it was repeated. */
function typeLike(operand: TensorType | undefined, axes: readonly Axis[]): TensorType {
  const known = inOrderOf(operand?.axes ?? [], axes);
  return { element: operand?.element ?? "f32", axes: unionAxes([known, axes]) };
}

function logSumReference(...[inputs, attrs, type, extent]: Parameters<Reference>): ReferenceTensor {
  const keys = axesOf(attrs, "keys");
  const scoreAt = scoresOf(inputs, attrs, extent, false);
  return tensorOf(type, extent, (at) => {
    const scores: number[] = [];
    forEachPosition(keys, extent, (atKey) => scores.push(scoreAt(nestedPosition(at, atKey, keys))));
    const most = Math.max(...scores);
    return most + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - most), 0));
  });
}

function deltaReference(...[inputs, attrs, type, extent]: Parameters<Reference>): ReferenceTensor {
  const { back, ...operands } = operandsAmong(inputs, (input) => input.type, true);
  const [gradientAt, , resultAt] = back.map((input) => elementsOf(input, extent));
  const { valueAxes } = attendAxes(operands, attrs);
  return tensorOf(type, extent, (at) => {
    let sum = 0;
    forEachPosition(valueAxes, extent, (atValue) => {
      const here = nestedPosition(at, atValue, valueAxes);
      sum += (gradientAt?.(here) ?? 0) * (resultAt?.(here) ?? 0);
    });
    return sum;
  });
}

/** Sums over the other side of weights times gradients, or of their slopes times queries or keys. */
function backReference(side: "queries" | "keys", of: "weight" | "slope"): Reference {
  return (inputs, attrs, type, extent) => {
    const { back, ...operands } = operandsAmong(inputs, (input) => input.type, true);
    const axes = attendAxes(operands, attrs);
    const at = (input: ReferenceTensor | undefined) =>
      input === undefined ? () => 0 : elementsOf(input, extent);
    const [gradientAt, logSumAt, shareAt] = [at(back[0]), at(back[1]), at(back[2])];
    const [valueAt, maskAt] = [at(operands.values), operands.mask && at(operands.mask)];
    const scoreAt = scoresOf(inputs, attrs, extent, true);
    const withoutBias = inputs.filter((input) => input !== operands.bias);
    const bentAt = scoresOf(withoutBias, attrs, extent, true);
    const sides = { queries: operands.key, keys: operands.query };
    const factorAt = of === "weight" ? gradientAt : at(sides[side]);
    const keyCount = axes.keys.reduce((count, axis) => count * extent(axis), 1);
    const sumOver = (
      over: readonly Axis[],
      here: Place,
      term: (there: Place) => number,
    ): number => {
      let sum = 0;
      forEachPosition(over, extent, (more) => {
        sum += term(nestedPosition(here, more, over));
      });
      return sum;
    };
    const weightAt = (here: Place): number => {
      const all = logSumAt(here);
      if (all <= lowestOf(operands.query.type.element)) return 1 / keyCount;
      return maskAt?.(here) === 0 ? 0 : Math.exp(scoreAt(here) - all);
    };
    const slopeAt = (here: Place): number => {
      if (maskAt?.(here) === 0) return 0;
      const product = (one: (there: Place) => number): number =>
        sumOver(axes.valueAxes, here, (there) => gradientAt(there) * one(there));
      const delta = side === "queries" ? product(shareAt) : shareAt(here);
      const bent = attrs.cap === undefined ? 0 : bentAt(here) / numberOf(attrs, "cap");
      const steep = numberOf(attrs, "scale") * (1 - bent * bent);
      return weightAt(here) * (product(valueAt) - delta) * steep;
    };
    const own = of === "weight" ? weightAt : slopeAt;
    const others = side === "queries" ? axes.keys : axes.queries;
    return tensorOf(type, extent, (here) =>
      sumOver(others, here, (there) => own(there) * factorAt(there)),
    );
  };
}

type Place = Parameters<ReturnType<typeof elementsOf>>[0];

interface SampleParts {
  readonly mask?: true;
  readonly bias?: true;
  readonly cap?: number;
  /** Query heads that share a head of keys. */
  readonly group?: number;
  /** Are the values along the axis that is contracted? */
  readonly isShared?: true;
}

function backSamples(share: "result" | "delta"): readonly OpSample[] {
  return [
    sampleOf("grouped heads, below a mask", share, { mask: true, group: 2, isShared: true }),
    sampleOf("with a bias and below a cap", share, { bias: true, cap: 1.5 }),
  ];
}

function sampleOf(
  name: string,
  share: "none" | "result" | "delta",
  { mask, bias, cap, group = 1, isShared }: SampleParts,
): OpSample {
  return {
    name,
    make: (build) => {
      const [b, h, g] = [build.axis("B", 2), build.axis("H", 3), build.axis("G", group)];
      const [n, m, e] = [build.axis("N", 5), build.axis("M", 7), build.axis("E", 4)];
      const along = isShared ? e : build.axis("V", 3);
      const real = (...axes: readonly Axis[]): TensorType => ({ element: "f32", axes });
      const result = [b, n, h, g, along];
      const row = withoutAxes(result, [along]);
      const back = [
        real(...result),
        real(...row),
        share === "delta" ? real(...row) : real(...result),
      ];
      return {
        inputs: [
          real(b, n, h, g, e),
          real(b, m, h, e),
          real(b, m, h, along),
          ...(share === "none" ? [] : back),
          ...(mask ? [{ element: "bool", axes: [b, n, m] } as const] : []),
          ...(bias ? [real(h, n, m)] : []),
        ],
        attrs: {
          keys: [m],
          inner: [e],
          axes: result,
          scale: 0.5,
          ...(cap !== undefined && { cap }),
        },
      };
    },
    // A row's logarithm is no less than its scores, up to a little: weights are then of the size of numbers that matter.
    ranges: Array.from({ length: 8 }, (_, n) => {
      if (mask && n === (share === "none" ? 3 : 6)) return [0, 1];
      return share !== "none" && n === 4 ? [2, 4] : [-2, 2];
    }),
  };
}
