import type { StatementSyntax } from "../../ir/syntax/syntax.ts";
import { conform } from "../axes/conform.ts";
import type { Checker } from "../core/checker.ts";
import { describe } from "../core/describe.ts";
import type { Entity, Env, MemberNode, Storage } from "../core/entity.ts";
import { axesOf, bindState, stateDimensions } from "../values/bind-state.ts";
import { asOperand } from "../values/coerce.ts";
import { lookUp } from "../values/names.ts";

/** `x := e` stores to a `state` or `buffer` of this module, once per call. */
export function runStore(
  checker: Checker,
  env: Env,
  statement: Extract<StatementSyntax, { kind: "store" }>,
): void {
  const { target } = statement;
  const place = lookUp(checker, env, target.text, target.span);
  const entity = checker.evaluate(checker, env, statement.value);
  if (place.kind === "error") return;
  const found = storageOf(place);
  if (found === undefined || found.storage.kind === "param") {
    const what = found === undefined ? describe(checker, env, place) : "a param";
    const declared = found?.storage.span ?? env.scope.find(target.text)?.entry.span;
    const related = declared === undefined ? [] : [{ span: declared, text: "declared here" }];
    const hint = { hint: found && "declare it with `buffer` in place of `param`" };
    checker.sink.report(
      "store-target",
      target.span,
      { name: target.text, what },
      { related, ...hint },
    );
    return;
  }
  const { node, storage } = found;
  const earlier = env.frame.stored.get(node);
  if (earlier !== undefined || env.isInFor) {
    const related = earlier === undefined ? [] : [{ span: earlier, text: "stored here already" }];
    const hint =
      earlier === undefined ? { hint: "a `for` would store every turn; store after it" } : {};
    checker.sink.report("store-twice", statement.span, { name: target.text }, { related, ...hint });
  }
  env.frame.stored.set(node, statement.span);
  const isEntered = checker.known.calls === "body";
  const isBuffer = storage.kind === "buffer";
  if (isEntered && isBuffer && !checker.isTraining(env.frame.path)) {
    checker.sink.report(
      "buffer-store",
      statement.span,
      { name: target.text },
      { related: [{ span: storage.span, text: "declared here" }] },
    );
    return;
  }
  const operand = asOperand(checker, env, entity, statement.value.span);
  if (operand?.kind === "error") return;
  const touch = {
    checker,
    env,
    node,
    storage,
    through: [],
    span: statement.span,
    stored: operand?.kind === "tensor" ? operand.value.type.axes : undefined,
  };
  const isBound = isEntered && !isBuffer;
  const dimensions = isBound ? bindState(touch)?.dimensions : stateDimensions(touch);
  if (dimensions === undefined) return;
  const demand = {
    element: storage.element,
    axes: axesOf(dimensions),
    where: `\`${target.text}\``,
    written: storage.span,
  };
  const value = conform(checker, env, operand ?? entity, demand, statement.value.span);
  if (value !== undefined && isEntered) checker.stateNow.set(storage, value);
}

function storageOf(
  entity: Entity,
): { readonly node: MemberNode; readonly storage: Storage } | undefined {
  if (entity.kind !== "member" || entity.through.length > 0) return undefined;
  const { content } = entity.node;
  return content?.kind === "storage" ? { node: entity.node, storage: content.storage } : undefined;
}
