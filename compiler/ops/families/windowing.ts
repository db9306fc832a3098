import { call, intConstant, select } from "../../ir/expr/expr.ts";
import type { Attrs, Value } from "../../ir/graph/graph.ts";
import { amountIn, amountOf } from "../build/amount.ts";
import { add, amount, constant, div, equal, index, mod, mul, sub, where } from "../build/build.ts";
import { rename, take } from "../build/build-movement.ts";
import { sumTo } from "../build/build-reduction.ts";
import { windowType } from "../build/movement-types.ts";
import { axisOf } from "../build/type-rules.ts";
import { defineOp, type Extent, type GradientContext, type OpSample } from "../define-op.ts";
import { operandOf } from "../gradient.ts";
import { view, withIndices, within, zeroOf } from "../lowering.ts";
import { moved, withPositions } from "../reference.ts";

/** Sliding windows: what a convolution contracts over. */
export const windowOp = defineOp({
  name: "window",
  doc: "`window{Y -> Z, K}(x, stride, pad, dilate)`: element `z * stride + k * dilate - pad` of `Y`, 0 outside.",
  infer: windowType,
  gradient: (context) => [windowGradient(context)],
  lowering: view(({ attrs, at, extent, input, type }) => {
    const { axis, outer, inner, stride, pad, dilate } = windowOf(attrs, extent);
    const start = call("mul", [at(outer), intConstant(stride)], "i32");
    const offset = call("mul", [at(inner), intConstant(dilate)], "i32");
    const padded = call("add", [start, offset], "i32");
    const position = call("sub", [padded, intConstant(pad)], "i32");
    const element = input(0, withIndices(at, [axis], [position]));
    const isInside = within(position, intConstant(0), intConstant(extent(axis)));
    return select(isInside, element, zeroOf(type.element));
  }),
  reference: moved((at, attrs, extent) => {
    const { axis, outer, inner, stride, pad, dilate } = windowOf(attrs, extent);
    const position = at(outer) * stride + at(inner) * dilate - pad;
    const isInside = position >= 0 && position < extent(axis);
    return isInside ? withPositions(at, [axis], [position]) : undefined;
  }),
  samples: [
    windowSample({ size: 7, outer: 7, inner: 3, stride: 1, pad: 1, dilate: 1 }),
    windowSample({ size: 7, outer: 3, inner: 3, stride: 2, pad: 0, dilate: 1 }),
    windowSample({ size: 11, outer: 5, inner: 3, stride: 3, pad: 4, dilate: 2 }),
    windowSample({ size: 7, outer: 7, inner: 3, stride: 1, pad: 1, dilate: 1, isSame: true }),
  ],
});

interface Window {
  readonly axis: ReturnType<typeof axisOf>;
  readonly outer: ReturnType<typeof axisOf>;
  readonly inner: ReturnType<typeof axisOf>;
  readonly stride: number;
  readonly pad: number;
  readonly dilate: number;
}

function windowOf(attrs: Attrs, extent: Extent): Window {
  return {
    axis: axisOf(attrs, "axis"),
    outer: axisOf(attrs, "outer"),
    inner: axisOf(attrs, "inner"),
    stride: amountOf(attrs, "stride", extent),
    pad: amountOf(attrs, "pad", extent),
    dilate: amountOf(attrs, "dilate", extent),
  };
}

/**
 * The adjoint: element `y` was seen by the windows `z = (y + pad - k * dilate) / stride`, where that is a
 * whole number; the others are sent outside of `Z`, where `take` gives 0.
 */
function windowGradient({ build, value, gradient, origin }: GradientContext): Value {
  const { attrs } = value;
  const [axis, outer] = [axisOf(attrs, "axis"), axisOf(attrs, "outer")];
  const written = axisOf(attrs, "inner");
  // `window{Y -> Z, Y}` names the inner axis like the one that is restored here.
  const inner = written === axis ? build.twin(`${axis.name}'`, axis, undefined) : written;
  const given = rename(build, gradient, [written], [inner], origin);
  const numberOf = (name: string): Value => amount(build, amountIn(attrs, name), origin);
  const padded = add(build, index(build, axis, origin), numberOf("pad"), origin);
  const offset = mul(build, index(build, inner, origin), numberOf("dilate"), origin);
  const start = sub(build, padded, offset, origin);
  const stride = numberOf("stride");
  const zero = constant(build, 0, "i32", origin);
  const outside = constant(build, -1, "i32", origin);
  const isWhole = equal(build, mod(build, start, stride, origin), zero, origin);
  const position = where(build, isWhole, div(build, start, stride, origin), outside, origin);
  return sumTo(
    build,
    take(build, given, outer, position, origin),
    operandOf(value, 0).type,
    origin,
  );
}

function windowSample(shape: {
  readonly size: number;
  readonly outer: number;
  readonly inner: number;
  readonly stride: number;
  readonly pad: number;
  readonly dilate: number;
  /** The windows lie along the axis itself: `window{Y -> Y, K}`. */
  readonly isSame?: boolean;
}): OpSample {
  const { stride, pad, dilate, isSame } = shape;
  const where = isSame ? " along the axis itself" : "";
  return {
    name: `stride ${stride}, pad ${pad}, dilate ${dilate}${where}`,
    make: (build) => {
      const [b, y, c] = [build.axis("B", 2), build.axis("Y", shape.size), build.axis("C", 2)];
      const outer = isSame ? y : build.axis("Z", shape.outer);
      const inner = build.axis("K", shape.inner);
      const attrs = { axis: y, outer, inner, stride, pad, dilate };
      return { inputs: [{ element: "f32", axes: [b, y, c] }], attrs };
    },
  };
}
