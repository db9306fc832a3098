import { call, intConstant, select } from "../../ir/expr/expr.ts";
import type { Value } from "../../ir/graph/graph.ts";
import { amountIn, amountOf } from "../build/amount.ts";
import { amount, constant, equal, index, sub, where } from "../build/build.ts";
import { expandTo, putCombined, reorder, take } from "../build/build-movement.ts";
import { elementType, positionAxes, slicedType, takenType } from "../build/movement-types.ts";
import { axisOf } from "../build/type-rules.ts";
import { defineOp, type GradientContext } from "../define-op.ts";
import { operandOf } from "../gradient.ts";
import { view, withIndices, within, zeroOf } from "../lowering.ts";
import { positionSample } from "../position-sample.ts";
import { elementsOf, moved, tensorAt, tensorOf, withPositions } from "../reference.ts";

/** Elements by position. Outside the axis the value is 0 and no gradient flows. */
export const elementOp = defineOp({
  name: "element",
  doc: "`take{N: 3}(x)`, and each part of `unstack{S}(x)`: the element at one position.",
  infer: elementType,
  gradient: (context) => {
    const { build, value, gradient, origin } = context;
    const axis = axisOf(value.attrs, "axis");
    const wanted = amount(build, amountIn(value.attrs, "position"), origin);
    const here = equal(build, index(build, axis, origin), wanted, origin);
    const zero = constant(build, 0, gradient.type.element, origin);
    const moved = where(build, here, gradient, zero, origin);
    return [reorder(build, moved, operandOf(value, 0).type.axes, origin)];
  },
  lowering: view(({ attrs, at, extent, input, type }) => {
    const axis = axisOf(attrs, "axis");
    const position = amountOf(attrs, "position", extent);
    if (position < 0 || position >= extent(axis)) return zeroOf(type.element);
    return input(0, withIndices(at, [axis], [intConstant(position)]));
  }),
  reference: moved((at, attrs, extent) => {
    const axis = axisOf(attrs, "axis");
    const position = amountOf(attrs, "position", extent);
    const isInside = position >= 0 && position < extent(axis);
    return isInside ? withPositions(at, [axis], [position]) : undefined;
  }),
  samples: [0, 6, 7, -1].map((position) => ({
    name: `position ${position} of 7`,
    make: (build) => {
      const [b, n, d] = [build.axis("B", 2), build.axis("N", 7), build.axis("D", 3)];
      return { inputs: [{ element: "f32", axes: [b, n, d] }], attrs: { axis: n, position } };
    },
  })),
});

export const sliceOp = defineOp({
  name: "slice",
  doc: "`slice{N -> P}(x, from: k)`: `P` consecutive elements.",
  infer: slicedType,
  gradient: ({ build, value, gradient, origin }) => {
    const [axis, to] = [axisOf(value.attrs, "axis"), axisOf(value.attrs, "to")];
    const start = amount(build, amountIn(value.attrs, "from"), origin);
    const position = sub(build, index(build, axis, origin), start, origin);
    return [take(build, gradient, to, position, origin)];
  },
  lowering: view(({ attrs, at, extent, input }) => {
    const from = intConstant(amountOf(attrs, "from", extent));
    const position = call("add", [at(axisOf(attrs, "to")), from], "i32");
    return input(0, withIndices(at, [axisOf(attrs, "axis")], [position]));
  }),
  reference: moved((at, attrs, extent) => {
    const position = at(axisOf(attrs, "to")) + amountOf(attrs, "from", extent);
    return withPositions(at, [axisOf(attrs, "axis")], [position]);
  }),
  samples: [0, 2].map((from) => ({
    name: `from ${from}`,
    make: (build) => {
      const [n, d] = [build.axis("N", 7), build.axis("D", 3)];
      const attrs = { axis: n, to: build.axis("P", 5), from };
      return { inputs: [{ element: "f32", axes: [n, d] }], attrs };
    },
  })),
});

export const takeOp = defineOp({
  name: "take",
  doc: "`take{N: p}(x)`: the elements at positions of `i32`, 0 outside of `N`. Axes of `p` that `x` lacks take the place of `N`, shared ones are batch axes.",
  infer: takenType,
  gradient: (context) => [takeGradient(context), undefined],
  lowering: view(({ attrs, at, extent, input, type }) => {
    const axis = axisOf(attrs, "axis");
    const position = input(1, at);
    return select(
      within(position, intConstant(0), intConstant(extent(axis))),
      input(0, withIndices(at, [axis], [position])),
      zeroOf(type.element),
    );
  }),
  reference: (inputs, attrs, type, extent) => {
    const axis = axisOf(attrs, "axis");
    const read = elementsOf(tensorAt(inputs, 0), extent);
    const positionAt = elementsOf(tensorAt(inputs, 1), extent);
    return tensorOf(type, extent, (at) => {
      const position = positionAt(at);
      const isInside = position >= 0 && position < extent(axis);
      return isInside ? read(withPositions(at, [axis], [position])) : 0;
    });
  },
  samples: [
    positionSample(
      "new and shared axes",
      ({ n, b, p, d }) => [
        [b, n, d],
        [p, b],
      ],
      0,
    ),
    positionSample(
      "from a table",
      ({ n, p, d, b }) => [
        [n, d],
        [b, p],
      ],
      0,
    ),
    positionSample("one position", ({ n, d }) => [[n, d], []], 0),
    positionSample("positions along the axis itself, some outside", ({ n, b }) => [[b, n], [n]], 2),
  ],
});

/**
 * The adjoint: each element of `x` gets the sum over the positions that named it, in their order. Where each
 * row of `x` has one position, there is nothing to add up.
 */
function takeGradient({ build, value, gradient, origin }: GradientContext): Value {
  const axis = axisOf(value.attrs, "axis");
  const [x, positions] = [operandOf(value, 0), operandOf(value, 1)];
  const zero = constant(build, 0, gradient.type.element, origin);
  if (positionAxes(x.type, positions.type, axis).length > 0) {
    const nothing = expandTo(build, zero, x.type.axes, origin);
    const how = { axis, combine: "sum" } as const;
    return putCombined(build, nothing, how, positions, gradient, origin);
  }
  const hit = equal(build, index(build, axis, origin), positions, origin);
  return reorder(build, where(build, hit, gradient, zero, origin), x.type.axes, origin);
}
