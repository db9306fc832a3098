import type { Axis, Value } from "../../ir/graph/graph.ts";
import { rename } from "../../ops/build/build-movement.ts";
import type { Span } from "../../source/source-file.ts";
import { type Elaboration, originOf } from "./elaboration.ts";
import type { Env, Instance } from "./meaning.ts";

/**
 * Axes at the border of a part (language page, section 2.1): inside, a formal is an axis of its own. A
 * call renames the caller's axis to the formal, and the result back. Joins travel with their
 * segments: a join of the caller's `Query` is, inside, a join of the formal `Query`.
 */
export function inward(on: Elaboration, through: readonly Instance[], axis: Axis): Axis {
  let found = axis;
  for (const instance of through) found = cross(on, instance.inward, instance.outward, found);
  return found;
}

export function outward(on: Elaboration, through: readonly Instance[], axis: Axis): Axis {
  let found = axis;
  for (const instance of through.toReversed())
    found = cross(on, instance.outward, instance.inward, found);
  return found;
}

/** What has been crossed once is crossed back to where it came from. */
function cross(on: Elaboration, known: Map<Axis, Axis>, back: Map<Axis, Axis>, axis: Axis): Axis {
  const there = known.get(axis);
  if (there !== undefined) return there;
  const crossed = crossSegments(on, known, back, axis);
  known.set(axis, crossed);
  if (crossed !== axis) back.set(crossed, axis);
  return crossed;
}

function crossSegments(
  on: Elaboration,
  known: Map<Axis, Axis>,
  back: Map<Axis, Axis>,
  axis: Axis,
): Axis {
  if (axis.segments === undefined) return axis;
  const segments = axis.segments.map((segment) =>
    segment.map((part) => cross(on, known, back, part)),
  );
  const isSame = segments.every((segment, n) =>
    segment.every((part, m) => part === axis.segments?.[n]?.[m]),
  );
  if (isSame) return axis;
  const join = on.build.join(axis.name, axis.size, segments, axis.span);
  const isTwin = on.build.join(axis.name, axis.size, axis.segments, axis.span) !== axis;
  return isTwin ? on.build.twin(axis.name, join, axis.span) : join;
}

/** Notes that `outer` outside is `inner` inside, unless two formals claim it: then only their names do. */
export function bindFormalAxis(instance: Instance, outer: Axis, inner: Axis): void {
  instance.outward.set(inner, outer);
  instance.inward.set(outer, instance.inward.has(outer) ? outer : inner);
}

/** The tensor with each axis replaced; undefined, and `clash` told, where two would become one. */
export function renameAxes(
  on: Elaboration,
  env: Env,
  value: Value,
  replace: (axis: Axis) => Axis,
  span: Span,
  clash: (axis: Axis) => void,
): Value | undefined {
  const axes = value.type.axes.map(replace);
  const repeated = axes.find((axis, n) => axes.indexOf(axis) !== n);
  if (repeated !== undefined) {
    clash(repeated);
    return undefined;
  }
  const moved = value.type.axes.filter((axis, n) => axis !== axes[n]);
  return rename(on.build, value, moved, moved.map(replace), originOf(env, span));
}
