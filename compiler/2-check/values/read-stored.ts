import type { Value } from "../../ir/graph/graph.ts";
import { parameter } from "../../ops/build/build.ts";
import { rename } from "../../ops/build/build-movement.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, opaque, originOf } from "../core/checker.ts";
import type { GraphMaking, StoredTable } from "../core/contexts.ts";
import type { Env, Instance, MemberNode, Storage } from "../core/entity.ts";
import { outward } from "../core/renaming.ts";
import { axesOf, bindState, type StateTouch, stateDimensions } from "./bind-state.ts";

/** The tensor that is stored at a path, with its axes as they are called where it is read. */
export function readStored(
  checker: Checker,
  env: Env,
  node: MemberNode,
  storage: Storage,
  through: readonly Instance[],
  span: Span,
): Value | undefined {
  const touch = { checker, env, node, storage, through, span, stored: undefined };
  const value = storage.kind === "state" ? readState(touch) : readParameter(checker, storage);
  if (value === undefined) return undefined;
  const from = value.type.axes.filter((axis) => outward(checker, through, axis) !== axis);
  return rename(
    checker.build,
    value,
    from,
    from.map((axis) => outward(checker, through, axis)),
    originOf(env, span),
  );
}

function readParameter(context: GraphMaking & StoredTable, storage: Storage): Value {
  const known = context.storedValues.get(storage);
  if (known !== undefined) return known;
  const { element, axes, path, span } = storage;
  const value = parameter(
    context.build,
    path,
    { element, axes },
    { kind: "source", span, path: storage.instance.path },
  );
  context.storedValues.set(storage, value);
  return value;
}

/** As it was before the call, or what the call has stored since. The generic check sees the type only. */
function readState(touch: StateTouch): Value | undefined {
  const { checker, env, storage, span } = touch;
  if (checker.known.calls === "body") {
    const bound = bindState(touch);
    return bound && (checker.stateNow.get(storage) ?? bound.value);
  }
  const dimensions = stateDimensions(touch);
  if (dimensions === undefined) return undefined;
  const type = { element: storage.element, axes: axesOf(dimensions) };
  return opaque(checker, env, span, type, storage.path);
}
