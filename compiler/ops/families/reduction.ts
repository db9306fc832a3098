import type { ElementType, Value } from "../../ir/graph/graph.ts";
import {
  and,
  constant,
  convert,
  div,
  equal,
  index,
  mul,
  neg,
  sizeNumber,
  where,
} from "../build/build.ts";
import { expandTo, reorder } from "../build/build-movement.ts";
import { argmax, maxOver, productOver, sum } from "../build/build-reduction.ts";
import { axesOf, reducedType } from "../build/type-rules.ts";
import { defineOp, type GradientContext, type OpDefinition, type OpSample } from "../define-op.ts";
import { numberLike, operandOf } from "../gradient.ts";
import { elementsOf, forEachPosition, nestedPosition, tensorAt, tensorOf } from "../reference.ts";

/** What combines elements along axes. Over nothing, `sum` is 0 and `product` 1; the others need an element. */
export const sumOp = defineOp({
  name: "sum",
  doc: "`sum{K}(x)`. Of a product over shared names it is a contraction.",
  infer: reducedType,
  gradient: (context) => [repeated(context, context.gradient)],
  lowering: { kind: "reduce", combine: "sum", isMean: false },
  reference: combined((a, b) => a + b, 0, false),
  samples: [...reductionSamples("f32"), ...reductionSamples("i32").slice(0, 1), overNothing("f32")],
});

export const productOp = defineOp({
  name: "product",
  doc: "`product{K}(x)`. The gradient of an element is the product of the others, zeros among them or not.",
  infer: reducedType,
  gradient: (context) => {
    const { build, gradient, origin } = context;
    const others = productOfOthers(context);
    return [mul(build, repeated(context, gradient), others, origin)];
  },
  lowering: { kind: "reduce", combine: "product", isMean: false },
  reference: combined((a, b) => a * b, 1, false),
  samples: [
    ...reductionSamples("f32"),
    ...reductionSamples("i32").slice(0, 1),
    overNothing("f32"),
    zeros(1),
    zeros(3),
  ],
});

export const meanOp = defineOp({
  name: "mean",
  doc: "`mean{K}(x)`: the sum divided by the number of elements.",
  infer: reducedType,
  gradient: (context) => {
    const { build, value, gradient, origin } = context;
    const sizes = axesOf(value.attrs, "axes").map((axis) => axis.size);
    const count = sizeNumber(build, sizes, gradient.type.element, origin);
    return [repeated(context, div(build, gradient, count, origin))];
  },
  lowering: { kind: "reduce", combine: "sum", isMean: true },
  reference: combined((a, b) => a + b, 0, true),
  samples: reductionSamples("f32"),
});

export const maxOp = defineOp({
  name: "max",
  doc: "`max{K}(x)`; NaN where an element is. The gradient goes to the first of the largest elements.",
  infer: reducedType,
  gradient: (context) => [toWinner(context, operandOf(context.value, 0))],
  lowering: { kind: "reduce", combine: "max", isMean: false },
  reference: combined(Math.max, Number.NEGATIVE_INFINITY, false),
  samples: [...reductionSamples("f32"), ...reductionSamples("i32").slice(0, 1)],
});

export const minOp = defineOp({
  name: "min",
  doc: "`min{K}(x)`; NaN where an element is. The gradient goes to the first of the smallest elements.",
  infer: reducedType,
  gradient: (context) => {
    const { build, origin } = context;
    const mirrored = neg(build, operandOf(context.value, 0), origin);
    return [toWinner(context, mirrored)];
  },
  lowering: { kind: "reduce", combine: "min", isMean: false },
  reference: combined(Math.min, Number.POSITIVE_INFINITY, false),
  samples: reductionSamples("f32"),
});

/**
 * What each element is multiplied with: the product divided by it, where nothing is 0. One 0 leaves the
 * product of the rest to itself and 0 to the others.
 */
function productOfOthers(context: GradientContext): Value {
  const { build, value, origin } = context;
  const x = operandOf(value, 0);
  const axes = axesOf(value.attrs, "axes");
  const [zero, one] = [numberLike(context, x, 0), numberLike(context, x, 1)];
  const isZero = equal(build, x, zero, origin);
  const rest = productOver(build, where(build, isZero, one, x, origin), axes, origin);
  const zeros = sum(build, convert(build, isZero, "i32", origin), axes, origin);
  const count = (wanted: number): Value =>
    equal(build, zeros, constant(build, wanted, "i32", origin), origin);
  const ofZero = where(build, count(1), rest, zero, origin);
  const ofOther = where(build, count(0), div(build, rest, x, origin), zero, origin);
  return reorder(build, where(build, isZero, ofZero, ofOther, origin), x.type.axes, origin);
}

function repeated({ build, value, origin }: GradientContext, gradient: Value): Value {
  return expandTo(build, gradient, operandOf(value, 0).type.axes, origin);
}

/**
 * The gradient at the place of the largest element of `x`, 0 elsewhere. Axes are reduced one after the
 * other, the last first, so that exactly one place wins: the first in row-major order.
 */
function toWinner(context: GradientContext, x: Value): Value {
  const { build, value, gradient, origin } = context;
  let rest = x;
  let wins: Value | undefined;
  for (const axis of axesOf(value.attrs, "axes").toReversed()) {
    const place = argmax(build, rest, axis, origin);
    const here = equal(build, index(build, axis, origin), place, origin);
    wins = wins === undefined ? here : and(build, wins, here, origin);
    rest = maxOver(build, rest, [axis], origin);
  }
  if (wins === undefined) return gradient;
  const moved = where(build, wins, gradient, numberLike(context, gradient, 0), origin);
  return reorder(build, moved, x.type.axes, origin);
}

function combined(
  combine: (a: number, b: number) => number,
  start: number,
  isMean: boolean,
): OpDefinition["reference"] {
  return (inputs, attrs, type, extent) => {
    const axes = axesOf(attrs, "axes");
    const read = elementsOf(tensorAt(inputs, 0), extent);
    return tensorOf(type, extent, (at) => {
      let total = start;
      let count = 0;
      forEachPosition(axes, extent, (inner) => {
        total = combine(total, read(nestedPosition(at, inner, axes)));
        count++;
      });
      return isMean ? total / count : total;
    });
  };
}

function zeros(count: number): OpSample {
  return {
    name: `f32, of ${count} zeros`,
    make: (build) => {
      const [n, k] = [build.axis("N", 6), build.axis("K", count)];
      return { inputs: [{ element: "f32", axes: [n, k] }], attrs: { axes: [k] } };
    },
    ranges: [[0, 0]],
  };
}

function overNothing(element: ElementType): OpSample {
  return {
    name: `${element}, over nothing`,
    make: (build) => {
      const [n, none] = [build.axis("N", 3), build.axis("None", 0)];
      return { inputs: [{ element, axes: [n, none] }], attrs: { axes: [none] } };
    },
  };
}

function reductionSamples(element: ElementType): readonly OpSample[] {
  return [
    {
      name: `${element}, the middle axis`,
      make: (build) => {
        const [n, k, d] = [build.axis("N", 3), build.axis("K", 7), build.axis("D", 2)];
        return { inputs: [{ element, axes: [n, k, d] }], attrs: { axes: [k] } };
      },
    },
    {
      name: `${element}, two axes that are no neighbours`,
      make: (build) => {
        const [n, k, d] = [build.axis("N", 3), build.axis("K", 2), build.axis("D", 5)];
        return { inputs: [{ element, axes: [n, k, d] }], attrs: { axes: [d, n] } };
      },
    },
    {
      name: `${element}, to a scalar`,
      make: (build) => {
        const [n, one] = [build.axis("N", 5), build.axis("One", 1)];
        return { inputs: [{ element, axes: [n, one] }], attrs: { axes: [n, one] } };
      },
    },
  ];
}
