import { invariant } from "../../diagnostics/internal-error.ts";
import type { Attrs, Axis, TensorType, Value } from "../../ir/graph/graph.ts";
import { add, amount, constant, equal, index, mul, where } from "../build/build.ts";
import { expandTo, put, reorder, take } from "../build/build-movement.ts";
import { positionAxes, putType } from "../build/movement-types.ts";
import { axisOf } from "../build/type-rules.ts";
import { defineOp, type Extent, type GradientContext, type ReferenceTensor } from "../define-op.ts";
import { operandOf } from "../gradient.ts";
import { positionSample } from "../position-sample.ts";
import {
  elementsOf,
  forEachPosition,
  linearPosition,
  tensorAt,
  withPositions,
} from "../reference.ts";

/** The dual of `take`. */
export const putOp = defineOp({
  name: "put",
  doc: "`put{N: p}(x, y)`: `x` with the elements at positions `p` replaced. Positions outside are dropped; of equal positions the last in order wins.",
  infer: putType,
  gradient: (context) => {
    const { build, value, gradient, origin } = context;
    const axis = axisOf(value.attrs, "axis");
    const [positions, values] = [operandOf(value, 1), operandOf(value, 2)];
    const zero = constant(build, 0, values.type.element, origin);
    const nothing = expandTo(build, zero, values.type.axes, origin);
    const kept = put(build, gradient, axis, positions, nothing, origin);
    const given = reorder(
      build,
      take(build, gradient, axis, positions, origin),
      values.type.axes,
      origin,
    );
    const wins = winners(context);
    return [
      kept,
      undefined,
      wins === undefined ? given : masked(context, wins, given, values.type.axes),
    ];
  },
  lowering: { kind: "engine", engine: "scatter" },
  reference: (inputs, attrs, type, extent) =>
    putElements(inputs, attrs, type, extent, (_, value) => value),
  samples: [
    positionSample(
      "new and shared axes",
      ({ n, b, p, d }) => [
        [b, n, d],
        [p, b],
        [b, p, d],
      ],
      1,
    ),
    positionSample("one position for each row", ({ n, b, d }) => [[n, b, d], [b], [d, b]], 1),
    positionSample("positions along the axis itself", ({ n, d }) => [[n, d], [n], [n, d]], 1),
  ],
});

/** `x` with each value joined to what is at its position, in order. */
export function putElements(
  inputs: readonly ReferenceTensor[],
  attrs: Attrs,
  type: TensorType,
  extent: Extent,
  join: (before: number, value: number) => number,
): ReferenceTensor {
  const axis = axisOf(attrs, "axis");
  const [tensor, positions] = [tensorAt(inputs, 0), tensorAt(inputs, 1)];
  const positionAt = elementsOf(positions, extent);
  const valueAt = elementsOf(tensorAt(inputs, 2), extent);
  const data = Float64Array.from(tensor.data);
  const updates = positionAxes(tensor.type, positions.type, axis);
  const others = type.axes.filter((other) => other !== axis);
  forEachPosition([...updates, ...others], extent, (at) => {
    const position = positionAt(at);
    if (position < 0 || position >= extent(axis)) return;
    const place = linearPosition(type.axes, extent, withPositions(at, [axis], [position]));
    data[place] = join(data[place] ?? 0, valueAt(at));
  });
  return { type, data };
}

/** Where a value was not overwritten by a later one; undefined where none can be. */
function winners({ build, value, origin }: GradientContext): Value | undefined {
  const axis = axisOf(value.attrs, "axis");
  const [x, positions] = [operandOf(value, 0), operandOf(value, 1)];
  const turn = turnsOf(value, build, origin);
  if (turn === undefined) return undefined;
  const nobody = expandTo(build, constant(build, -1, "i32", origin), x.type.axes, origin);
  const turns = expandTo(build, turn, operandOf(value, 2).type.axes, origin);
  const last = put(build, nobody, axis, positions, turns, origin);
  return equal(build, take(build, last, axis, positions, origin), turn, origin);
}

/** The number of each update in the order in which they are done; undefined where there is one. */
export function turnsOf(
  { attrs, inputs }: Value,
  build: GradientContext["build"],
  origin: GradientContext["origin"],
): Value | undefined {
  const [x, positions] = inputs;
  invariant(x !== undefined && positions !== undefined, "put needs a base and positions");
  const [first, ...rest] = positionAxes(x.type, positions.type, axisOf(attrs, "axis"));
  if (first === undefined) return undefined;
  return rest.reduce(
    (turn, axis) => {
      const scaled = mul(build, turn, amount(build, axis.size, origin), origin);
      return add(build, scaled, index(build, axis, origin), origin);
    },
    index(build, first, origin),
  );
}

function masked(
  { build, origin }: GradientContext,
  wins: Value,
  given: Value,
  axes: readonly Axis[],
): Value {
  const zero = constant(build, 0, given.type.element, origin);
  return reorder(build, where(build, wins, given, zero, origin), axes, origin);
}
