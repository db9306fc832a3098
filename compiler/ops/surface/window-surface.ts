import { quote } from "../../diagnostics/phrase.ts";
import type { Size } from "../../dims/size.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { slice, window } from "../build/build-movement.ts";
import { defineSurface } from "./define-surface.ts";
import { knownAxes, plainAxis } from "./read/made-axes.ts";
import { tensorOperand } from "./read/operands.ts";
import { fitsInto } from "./read/require-at-most.ts";
import { isFreeOf, operandWithAxes } from "./read/require-axes.ts";
import { isSameSize } from "./read/require-size.ts";
import { amountFor, staticAmount } from "./read/static-amount.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Parts of an axis that lie together. */
export const windowSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "slice",
    signature: "slice{N -> P}(x, from: k)",
    doc: "`P` consecutive elements of `N`, the first at `from`.",
    braces: { items: "one", to: "one" },
    parameters: [{ name: "x" }, { name: "from" }],
    elaborate: elaborateSlice,
  }),
  defineSurface({
    name: "window",
    signature: "window{Y -> Z, K}(x, stride: 1, pad: 0, dilate: 1)",
    doc: "Sliding windows: element `z * stride + k * dilate - pad` of `Y`, 0 outside. `Z` may be new.",
    braces: { items: "one", to: "two" },
    parameters: [
      { name: "x" },
      { name: "stride", optional: true },
      { name: "pad", optional: true },
      { name: "dilate", optional: true },
    ],
    elaborate: elaborateWindow,
  }),
];

function elaborateSlice(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const [axis, to] = [plainSource(call), plainTarget(call, 0)];
  const from = staticAmount(call, "from", 0, 0);
  if (x === undefined || axis === undefined || to === undefined || from === undefined) {
    return undefined;
  }
  if (!isFreeOf(call, x, [axis], [to])) return undefined;
  const { build, sizes, origin } = call.context;
  const needed = sizes.add(from, to.size);
  const what = quote(call.context.nameOf(axis));
  const question = { what, needed, found: axis.size, span: call.span, axes: [axis, to] };
  if (!fitsInto(call, question)) return undefined;
  return tensorOperand(slice(build, x, axis, to, amountFor(call.context, from), origin));
}

function elaborateWindow(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const [axis, inner] = [plainSource(call), plainTarget(call, 1)];
  const stride = staticAmount(call, "stride", 1, 1);
  const pad = staticAmount(call, "pad", 0, 0);
  const dilate = staticAmount(call, "dilate", 1, 1);
  if (x === undefined || axis === undefined || inner === undefined) return undefined;
  if (stride === undefined || pad === undefined || dilate === undefined) return undefined;
  const outer = windowAxis(call, windowCount(call, { axis, inner, stride, pad, dilate }));
  if (outer === undefined || !isFreeOf(call, x, [axis], [outer, inner])) return undefined;
  const { context } = call;
  const [strideOf, padOf, dilateOf] = [stride, pad, dilate].map((size) => amountFor(context, size));
  if (strideOf === undefined || padOf === undefined || dilateOf === undefined) return undefined;
  const shape = { outer, inner, stride: strideOf, pad: padOf, dilate: dilateOf };
  return tensorOperand(window(context.build, x, axis, shape, context.origin));
}

/** `(Y + 2 * pad - dilate * (K - 1) - 1) div stride + 1`. */
function windowCount(
  { context }: CheckedCall,
  of: {
    readonly axis: Axis;
    readonly inner: Axis;
    readonly stride: Size;
    readonly pad: Size;
    readonly dilate: Size;
  },
): Size {
  const { sizes, facts } = context;
  const one = sizes.constant(1);
  const padded = sizes.add(of.axis.size, sizes.multiply(sizes.constant(2), of.pad));
  const covered = sizes.multiply(of.dilate, sizes.subtract(of.inner.size, one));
  const last = sizes.subtract(sizes.subtract(padded, covered), one);
  return sizes.add(sizes.floorDivide(last, of.stride, facts), one);
}

/** The axis of the windows: new with this size, or known and of this size. */
function windowAxis(call: CheckedCall, size: Size): Axis | undefined {
  const { sizes, sink } = call.context;
  const [item] = call.to;
  if (item === undefined) return undefined;
  const count = sizes.valueOf(size);
  if (count !== undefined && count < 0) {
    const axis = item.kind === "rest" ? ".." : item.kind === "new" ? item.name : item.text;
    const value = String(count);
    sink.report("negative-size", call.span, { axis, written: value, value });
    return undefined;
  }
  if (item.kind === "new") return item.define(size);
  const outer = plainTarget(call, 0);
  if (outer === undefined) return undefined;
  const what = `${quote(outer.name)}, the axis of the windows,`;
  const question = { what, needed: size, found: outer.size, span: call.span, axes: [outer] };
  return isSameSize(call, question) ? outer : undefined;
}

function plainSource(call: CheckedCall): Axis | undefined {
  const [item] = call.items;
  return item && plainAxis(call, call.axes, item);
}

/** The axis right of the arrow at this place, which must be in scope. */
function plainTarget(call: CheckedCall, place: number): Axis | undefined {
  const item = call.to[place];
  const known = item && knownAxes(call, [item]);
  return known && plainAxis(call, known, item);
}
