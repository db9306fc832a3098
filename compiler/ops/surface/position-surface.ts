import type { Axis, Value } from "../../ir/graph/graph.ts";
import { add, constant, index, inside, mul, sizeNumber } from "../build/build.ts";
import { expand } from "../build/build-movement.ts";
import { defineSurface } from "./define-surface.ts";
import { namedSegment } from "./read/named-segment.ts";
import { productSize } from "./read/one-axis.ts";
import { staticOperand, tensorOperand } from "./read/operands.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Positions, membership and sizes. */
export const positionSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "index",
    signature: "index{N}",
    doc: "Each position along `N`, as `i32`; of a product, counted row-major over its axes.",
    braces: { items: "one" },
    parameters: [],
    elaborate: (call) => tensorOperand(linearPositions(call, call.axes)),
  }),
  defineSurface({
    name: "inside",
    signature: "inside{Seq: Query}",
    doc: "Whether a position of a join is in this segment, as `bool`.",
    braces: { items: "one", at: true },
    parameters: [],
    elaborate: elaborateInside,
  }),
  defineSurface({
    name: "size",
    signature: "size{N}",
    doc: "The number of elements of these axes together, a static `int`.",
    braces: { items: "many" },
    parameters: [],
    elaborate: (call) => staticOperand({ type: "int", value: productSize(call, call.axes) }),
  }),
];

function elaborateInside(call: CheckedCall): Operand | undefined {
  const found = namedSegment(call);
  if (found === undefined) return undefined;
  const { axis, number } = found;
  const { build, origin } = call.context;
  if (number === "all") {
    return tensorOperand(expand(build, constant(build, 1, "bool", origin), [axis], origin));
  }
  // In the generic check only the type matters.
  return tensorOperand(inside(build, axis, number === "unknown" ? 0 : number, origin));
}

/** The position in the product of these axes, as i32 over them. */
function linearPositions({ context }: CheckedCall, axes: readonly Axis[]): Value {
  const { build, origin } = context;
  const [first, ...rest] = axes;
  if (first === undefined) return constant(build, 0, "i32", origin);
  return rest.reduce(
    (position, axis) => {
      const size = sizeNumber(build, [axis.size], "i32", origin);
      const scaled = mul(build, position, size, origin);
      return add(build, scaled, index(build, axis, origin), origin);
    },
    index(build, first, origin),
  );
}
