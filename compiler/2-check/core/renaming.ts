import type { Axis, Value } from "../../ir/graph/graph.ts";
import { rename } from "../../ops/build/build-movement.ts";
import type { Span } from "../../source/source-file.ts";
import { originOf } from "./checker.ts";
import type { GraphMaking } from "./contexts.ts";
import type { Env, Instance } from "./entity.ts";

/**
 * Axes at the border of a part (language page, section 2.1): inside, a formal is an axis of its own. A
 * call renames the caller's axis to the formal, and the result back. Joins travel with their
 * segments: a join of the caller's `Query` is, inside, a join of the formal `Query`.
 */
export function inward(context: GraphMaking, through: readonly Instance[], axis: Axis): Axis {
  let found = axis;
  for (const instance of through) found = cross(context, instance.inward, instance.outward, found);
  return found;
}

export function outward(context: GraphMaking, through: readonly Instance[], axis: Axis): Axis {
  let found = axis;
  for (const instance of through.toReversed())
    found = cross(context, instance.outward, instance.inward, found);
  return found;
}

/** What has been crossed once is crossed back to where it came from. */
function cross(
  context: GraphMaking,
  known: Map<Axis, Axis>,
  back: Map<Axis, Axis>,
  axis: Axis,
): Axis {
  const there = known.get(axis);
  if (there !== undefined) return there;
  const crossed = crossSegments(context, known, back, axis);
  known.set(axis, crossed);
  if (crossed !== axis) back.set(crossed, axis);
  return crossed;
}

function crossSegments(
  context: GraphMaking,
  known: Map<Axis, Axis>,
  back: Map<Axis, Axis>,
  axis: Axis,
): Axis {
  if (axis.segments === undefined) return axis;
  const segments = axis.segments.map((segment) =>
    segment.map((part) => cross(context, known, back, part)),
  );
  const isSame = segments.every((segment, n) =>
    segment.every((part, m) => part === axis.segments?.[n]?.[m]),
  );
  if (isSame) return axis;
  const join = context.build.join(axis.name, axis.size, segments, axis.span);
  const isTwin = context.build.join(axis.name, axis.size, axis.segments, axis.span) !== axis;
  return isTwin ? context.build.twin(axis.name, join, axis.span) : join;
}

/** Notes that `outer` outside is `inner` inside, unless two formals claim it: then only their names do. */
export function bindFormalAxis(instance: Instance, outer: Axis, inner: Axis): void {
  instance.outward.set(inner, outer);
  instance.inward.set(outer, instance.inward.has(outer) ? outer : inner);
}

/** The tensor with each axis replaced; undefined, and `clash` reported, where two would become one. */
export function renameAxes(
  context: GraphMaking,
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
  return rename(context.build, value, moved, moved.map(replace), originOf(env, span));
}
