import type { Axis, Value } from "../ir/graph.ts";
import { parameter } from "../ops/build.ts";
import { rename } from "../ops/build-movement.ts";
import type { Span } from "../source/source-file.ts";
import { type Elaboration, opaque, originOf } from "./elaboration.ts";
import type { Env, Instance, MemberNode, Storage } from "./meaning.ts";
import { outward } from "./renaming.ts";

/** The tensor that is stored at a path, with its axes as they are called where it is read. */
export function readStored(
  on: Elaboration,
  env: Env,
  node: MemberNode,
  storage: Storage,
  through: readonly Instance[],
  span: Span,
): Value | undefined {
  const value =
    storage.kind === "state" ? readState(on, env, node, storage, span) : readParameter(on, storage);
  if (value === undefined) return undefined;
  const from = value.type.axes.filter((axis) => outward(on, through, axis) !== axis);
  return rename(
    on.build,
    value,
    from,
    from.map((axis) => outward(on, through, axis)),
    originOf(env, span),
  );
}

function readParameter(on: Elaboration, storage: Storage): Value {
  const known = on.storedValues.get(storage);
  if (known !== undefined) return known;
  const { element, axes, path, span } = storage;
  const value = parameter(
    on.build,
    path,
    { element, axes },
    { kind: "source", span, path: storage.instance.path },
  );
  on.storedValues.set(storage, value);
  return value;
}

/**
 * A state is seen by its type only. Its free axes (`..`) are those that the run has bound already;
 * else what `..` stands for in this fn; else the free axes of the fn's result.
 */
function readState(
  on: Elaboration,
  env: Env,
  node: MemberNode,
  storage: Storage,
  span: Span,
): Value | undefined {
  if (!on.isGeneric) {
    on.sink.report("not-supported-yet", span, { feature: `the state \`${storage.path}\`` });
    return undefined;
  }
  return opaque(
    on,
    env,
    span,
    { element: storage.element, axes: stateAxes(env, node, storage, undefined) },
    storage.path,
  );
}

/** `stored` are the axes of a value that is written to it first. */
export function stateAxes(
  env: Env,
  node: MemberNode,
  storage: Storage,
  stored: readonly Axis[] | undefined,
): readonly Axis[] {
  const { restAt, axes } = storage;
  if (restAt === undefined) return axes;
  const bound = env.frame.stateAxes.get(node);
  const free =
    bound ??
    stored?.filter((axis) => !axes.includes(axis)) ??
    (env.frame.restAxes !== undefined && env.frame.restAxes.length > 0
      ? env.frame.restAxes
      : env.frame.freeAxes);
  if (bound === undefined) env.frame.stateAxes.set(node, free);
  const kept = free.filter((axis) => !axes.includes(axis));
  return [...axes.slice(0, restAt), ...kept, ...axes.slice(restAt)];
}
