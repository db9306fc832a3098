import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { noSample } from "../../ir/random.ts";
import { add, constant, erfInv, mul, sampleUniform, uniform } from "../build/build.ts";
import { concat, rename } from "../build/build-movement.ts";
import { defineSurface } from "./define-surface.ts";
import { tensorOperand } from "./read/operands.ts";
import type { SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/**
 * Random numbers: functions of seed, step, path, call site and the element's own place; in a stage, of the
 * sample that the element belongs to and its place in that.
 */
export const randomSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "random.uniform",
    signature: "random.uniform{B, N}()",
    doc: "`f32` numbers in [0, 1), each a multiple of 2^-24.",
    braces: { items: "many" },
    parameters: [],
    elaborate: (call) => tensorOperand(uniformNumbers(call)),
  }),
  defineSurface({
    name: "random.normal",
    signature: "random.normal{B, N}()",
    doc: "`f32` numbers with mean 0 and standard deviation 1.",
    braces: { items: "many" },
    parameters: [],
    elaborate: (call) => tensorOperand(normalNumbers(call)),
  }),
];

function uniformNumbers({ axes, context }: CheckedCall): Value {
  const { build, origin, samples } = context;
  const stream = context.nextStream();
  if (samples === undefined) return uniform(build, axes, stream, origin);
  for (const axis of axes) {
    const along = samplesAlong(build, samples, axis, origin);
    if (along !== undefined) return sampleUniform(build, axes, stream, along, origin);
  }
  return sampleUniform(build, axes, stream, constant(build, noSample, "u32", origin), origin);
}

/**
 * The numbers of the samples along an axis that is made of theirs: a twin of it, or a join of such axes.
 * Undefined for any other axis.
 */
function samplesAlong(
  build: GraphBuilder,
  samples: Value,
  axis: Axis,
  origin: Origin,
): Value | undefined {
  const [own] = samples.type.axes;
  if (axis === own) return samples;
  const original = build.originalOf(axis);
  if (original !== undefined) {
    const along = samplesAlong(build, samples, original, origin);
    return along && rename(build, along, [original], [axis], origin);
  }
  const parts = axis.segments?.map(([segment, ...more]) =>
    segment === undefined || more.length > 0
      ? undefined
      : samplesAlong(build, samples, segment, origin),
  );
  const known = parts?.filter((part) => part !== undefined) ?? [];
  if (known.length === 0 || known.length < (parts?.length ?? 0)) return undefined;
  return concat(build, known, axis, origin);
}

/**
 * The inverse of the normal distribution at the middle of each of the 2^24 steps of `uniform`, so that
 * 0 and 1, where it is infinite, are never asked for.
 */
function normalNumbers(call: CheckedCall): Value {
  const { build, origin } = call.context;
  const number = (value: number): Value => constant(build, value, "f32", origin);
  const doubled = mul(build, uniformNumbers(call), number(2), origin);
  const centred = add(build, doubled, number(2 ** -24 - 1), origin);
  return mul(build, erfInv(build, centred, origin), number(Math.SQRT2), origin);
}
