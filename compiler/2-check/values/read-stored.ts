import type { Value } from "../../ir/graph/graph.ts";
import { parameter } from "../../ops/build/build.ts";
import { rename } from "../../ops/build/build-movement.ts";
import type { Span } from "../../source/source-file.ts";
import { type Elaboration, opaque, originOf } from "../core/elaboration.ts";
import type { Env, Instance, MemberNode, Storage } from "../core/meaning.ts";
import { outward } from "../core/renaming.ts";
import { axesOf, bindState, type StateTouch, stateDimensions } from "./bind-state.ts";

/** The tensor that is stored at a path, with its axes as they are called where it is read. */
export function readStored(
  on: Elaboration,
  env: Env,
  node: MemberNode,
  storage: Storage,
  through: readonly Instance[],
  span: Span,
): Value | undefined {
  const touch = { on, env, node, storage, through, span, stored: undefined };
  const value = storage.kind === "state" ? readState(touch) : readParameter(on, storage);
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

/** As it was before the call, or what the call has stored since. The generic check sees the type only. */
function readState(touch: StateTouch): Value | undefined {
  const { on, env, storage, span } = touch;
  if (on.known.calls === "body") {
    const bound = bindState(touch);
    return bound && (on.stateNow.get(storage) ?? bound.value);
  }
  const dimensions = stateDimensions(touch);
  if (dimensions === undefined) return undefined;
  const type = { element: storage.element, axes: axesOf(dimensions) };
  return opaque(on, env, span, type, storage.path);
}
