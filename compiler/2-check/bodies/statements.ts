import { nearestNames } from "../../diagnostics/suggest.ts";
import type { BlockSyntax, LetSyntax, StatementSyntax } from "../../ir/syntax/syntax.ts";
import type { Operand } from "../../ops/surface/surface.ts";
import { conform } from "../axes/conform.ts";
import { defineAxis } from "../axes/define-axis.ts";
import type { Checker } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { describe } from "../core/describe.ts";
import { type Entity, type Env, errorEntity, nothing } from "../core/entity.ts";
import type { Role } from "../core/name-table.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { declareInside } from "../values/names.ts";
import { runFor } from "./loops.ts";
import { runStore } from "./store.ts";

/** The value of a block; its names end with it. */
export function runBlock(checker: Checker, outer: Env, block: BlockSyntax): Entity {
  return runStatements(checker, { ...outer, scope: new Scope("block", outer.scope) }, block);
}

/** The statements in order, whose names are declared in `env`; the last one's value is the block's. */
export function runStatements(checker: Checker, env: Env, block: BlockSyntax): Entity {
  let last: Entity = nothing;
  for (const [n, statement] of block.statements.entries()) {
    last = runStatement(checker, env, statement);
    const isUnused = n < block.statements.length - 1 && statement.kind === "expr";
    // Said once, where the text is checked, and not again for every call.
    if (
      isUnused &&
      checker.known.calls === "signature" &&
      last.kind !== "nothing" &&
      last.kind !== "error"
    ) {
      const what = describe(checker, env, last);
      checker.sink.report("unused-value", statement.span, { what });
    }
  }
  return last;
}

function runStatement(checker: Checker, env: Env, statement: StatementSyntax): Entity {
  switch (statement.kind) {
    case "axis": {
      const made = defineAxis(checker, env, statement);
      declareInside(
        checker,
        env.scope,
        statement.name,
        made === undefined ? errorEntity : { kind: "axes", axes: made.axes },
        "axis",
      );
      return nothing;
    }
    case "let":
      runLet(checker, env, statement);
      return nothing;
    case "for":
      runFor(checker, env, statement);
      return nothing;
    case "assign":
      runAssign(checker, env, statement);
      return nothing;
    case "store":
      runStore(checker, env, statement);
      return nothing;
    case "expr":
      return checker.evaluate(checker, env, statement.value);
  }
}

/** `let a, b = e`: as many names as values. Also the `let` of a module, whose values are static. */
export function runLet(
  checker: Checker,
  env: Env,
  statement: LetSyntax,
  role: Role = "local",
): void {
  const entity = settled(checker, env, checker.evaluate(checker, env, statement.value), statement);
  const [only] = statement.names;
  if (statement.names.length === 1 && only !== undefined) {
    declare(checker, env, only, entity, role);
    return;
  }
  const items = entity.kind === "tuple" ? entity.items : undefined;
  if (entity.kind !== "error" && items?.length !== statement.names.length) {
    const found = items?.length ?? 1;
    checker.sink.report(
      "tuple-size",
      statement.value.span,
      { needed: statement.names.length, found },
      { label: describe(checker, env, entity) },
    );
  }
  const twice = statement.names.find(
    (name, n) =>
      name.text !== "_" && statement.names.findIndex((one) => one.text === name.text) < n,
  );
  if (twice !== undefined)
    checker.sink.report("declared-twice", twice.span, { name: twice.text, where: "one `let`" });
  const fits = items?.length === statement.names.length;
  for (const [n, name] of statement.names.entries())
    declare(checker, env, name, (fits ? items[n] : undefined) ?? errorEntity, role);
}

/** A stored tensor is read now: what is stored later does not change the name. */
function settled(checker: Checker, env: Env, entity: Entity, statement: LetSyntax): Entity {
  if (entity.kind === "nothing") {
    checker.sink.report("result-mismatch", statement.value.span, {
      where: "`let`",
      needed: "a value",
      found: "nothing",
    });
    return errorEntity;
  }
  return entity.kind === "axes" || entity.kind === "member"
    ? (asOperand(checker, env, entity, statement.value.span) ?? entity)
    : entity;
}

function declare(
  context: Reporting,
  env: Env,
  name: LetSyntax["names"][number],
  entity: Entity,
  role: Role,
): void {
  declareInside(context, env.scope, name, entity, role);
  if (name.text !== "_" && entity.kind !== "error")
    context.noteType?.(name.text, name.span, entity, env);
}

/** `x = e` replaces a local inside a `for`, by a value of the same type. */
function runAssign(
  checker: Checker,
  env: Env,
  statement: Extract<StatementSyntax, { kind: "assign" }>,
): void {
  const { target } = statement;
  const entity = checker.evaluate(checker, env, statement.value);
  const found = env.scope.find(target.text);
  if (found === undefined) {
    const nearest = nearestNames(
      target.text,
      env.scope.names((entry) => entry.role === "local"),
    );
    checker.sink.report("unknown-name", target.span, { kind: "local", name: target.text, nearest });
    return;
  }
  const isLocal = found.entry.role === "local" && found.scope.level !== "module";
  if (!isLocal || !env.isInFor) {
    const related =
      found.entry.span === undefined ? [] : [{ span: found.entry.span, text: "declared here" }];
    checker.sink.report("assign-outside-for", target.span, { name: target.text }, { related });
    return;
  }
  const old = found.entry.entity;
  if (old.kind === "error" || entity.kind === "error") return;
  const operand = asOperand(checker, env, entity, statement.value.span);
  const replaced =
    operand === undefined
      ? undefined
      : sameType(checker, env, asOperand(checker, env, old, target.span), operand, statement);
  if (replaced !== undefined) {
    found.entry.entity = replaced;
    return;
  }
  const related =
    found.entry.span === undefined
      ? []
      : [{ span: found.entry.span, text: `${describe(checker, env, old)} here` }];
  const [needed, given] = [describe(checker, env, old), describe(checker, env, entity)];
  checker.sink.report(
    "assign-type",
    statement.value.span,
    { name: target.text, needed, found: given },
    { label: given, related },
  );
  // What it is now, nobody can say.
  found.entry.entity = errorEntity;
}

/** The new value in the order of the old one; undefined where its type is another. */
function sameType(
  checker: Checker,
  env: Env,
  old: Operand | undefined,
  operand: Operand,
  statement: Extract<StatementSyntax, { kind: "assign" }>,
): Operand | undefined {
  if (old?.kind === "static" && operand.kind === "static")
    return old.value.type === operand.value.type ? operand : undefined;
  if (old?.kind !== "tensor" || operand.kind !== "tensor") return undefined;
  const [from, to] = [operand.value.type, old.value.type];
  const isSame =
    from.element === to.element &&
    from.axes.length === to.axes.length &&
    from.axes.every((axis) => to.axes.includes(axis));
  if (!isSame) return undefined;
  const demand = { ...to, where: `\`${statement.target.text}\``, written: statement.target.span };
  const value = conform(checker, env, operand, demand, statement.value.span);
  return value === undefined ? undefined : { kind: "tensor", value };
}
