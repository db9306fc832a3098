import type { StatementSyntax } from "../../ir/syntax/syntax.ts";
import { conform } from "../axes/conform.ts";
import { describe } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import type { Env, Meaning, MemberNode, Storage } from "../core/meaning.ts";
import { axesOf, bindState, stateDimensions } from "../values/bind-state.ts";
import { asOperand } from "../values/coerce.ts";
import { lookUp } from "../values/names.ts";

/** `x := e` stores to a `state` or `buffer` of this module, once per call. */
export function runStore(
  on: Elaboration,
  env: Env,
  statement: Extract<StatementSyntax, { kind: "store" }>,
): void {
  const { target } = statement;
  const place = lookUp(on, env, target.text, target.span);
  const meaning = on.evaluate(on, env, statement.value);
  if (place.kind === "error") return;
  const found = storageOf(place);
  if (found === undefined || found.storage.kind === "param") {
    const what = found === undefined ? describe(on, env, place) : "a param";
    const declared = found?.storage.span ?? env.scope.find(target.text)?.entry.span;
    const related = declared === undefined ? [] : [{ span: declared, text: "declared here" }];
    const hint =
      found === undefined ? {} : { hint: "declare it with `buffer` in place of `param`" };
    on.sink.report("store-target", target.span, { name: target.text, what }, { related, ...hint });
    return;
  }
  const { node, storage } = found;
  const earlier = env.frame.stored.get(node);
  if (earlier !== undefined || env.isInFor) {
    const related = earlier === undefined ? [] : [{ span: earlier, text: "stored here already" }];
    const hint =
      earlier === undefined ? { hint: "a `for` would store every turn; store after it" } : {};
    on.sink.report("store-twice", statement.span, { name: target.text }, { related, ...hint });
  }
  env.frame.stored.set(node, statement.span);
  const isEntered = on.known.calls === "body";
  if (isEntered && storage.kind === "buffer") {
    on.sink.report(
      "buffer-store",
      statement.span,
      { name: target.text },
      { related: [{ span: storage.span, text: "declared here" }] },
    );
    return;
  }
  const operand = asOperand(on, env, meaning, statement.value.span);
  if (operand?.kind === "error") return;
  const touch = {
    on,
    env,
    node,
    storage,
    through: [],
    span: statement.span,
    stored: operand?.kind === "tensor" ? operand.value.type.axes : undefined,
  };
  const dimensions = isEntered ? bindState(touch)?.dimensions : stateDimensions(touch);
  if (dimensions === undefined) return;
  const demand = {
    element: storage.element,
    axes: axesOf(dimensions),
    where: `\`${target.text}\``,
    written: storage.span,
  };
  const value = conform(on, env, operand ?? meaning, demand, statement.value.span);
  if (value !== undefined && isEntered) on.stateNow.set(storage, value);
}

function storageOf(
  meaning: Meaning,
): { readonly node: MemberNode; readonly storage: Storage } | undefined {
  if (meaning.kind !== "member" || meaning.through.length > 0) return undefined;
  const { content } = meaning.node;
  return content?.kind === "storage" ? { node: meaning.node, storage: content.storage } : undefined;
}
