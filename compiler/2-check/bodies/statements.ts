import { nearestNames } from "../../diagnostics/suggest.ts";
import type { BlockSyntax, LetSyntax, StatementSyntax } from "../../ir/syntax/syntax.ts";
import type { Operand } from "../../ops/surface/surface.ts";
import { conform } from "../axes/conform.ts";
import { defineAxis } from "../axes/define-axis.ts";
import { describe } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import { type Env, errorMeaning, type Meaning, nothing } from "../core/meaning.ts";
import type { Role } from "../core/name-table.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { declareInside } from "../values/names.ts";
import { runFor } from "./loops.ts";
import { runStore } from "./store.ts";

/** The statements in order; the last one's value is the block's. */
export function runBlock(on: Elaboration, outer: Env, block: BlockSyntax): Meaning {
  const env: Env = { ...outer, scope: new Scope("block", outer.scope) };
  let last: Meaning = nothing;
  for (const [n, statement] of block.statements.entries()) {
    last = runStatement(on, env, statement);
    const isUnused = n < block.statements.length - 1 && statement.kind === "expr";
    // Said once, where the text is checked, and not again for every call.
    if (
      isUnused &&
      on.known.calls === "signature" &&
      last.kind !== "nothing" &&
      last.kind !== "error"
    ) {
      const what = describe(on, env, last);
      on.sink.report("unused-value", statement.span, { what });
    }
  }
  return last;
}

function runStatement(on: Elaboration, env: Env, statement: StatementSyntax): Meaning {
  switch (statement.kind) {
    case "axis": {
      const made = defineAxis(on, env, statement);
      declareInside(
        on,
        env.scope,
        statement.name,
        made === undefined ? errorMeaning : { kind: "axes", axes: made.axes },
        "axis",
      );
      return nothing;
    }
    case "let":
      runLet(on, env, statement);
      return nothing;
    case "for":
      runFor(on, env, statement);
      return nothing;
    case "assign":
      runAssign(on, env, statement);
      return nothing;
    case "store":
      runStore(on, env, statement);
      return nothing;
    case "expr":
      return on.evaluate(on, env, statement.value);
  }
}

/** `let a, b = e`: as many names as values. Also the `let` of a module, whose values are static. */
export function runLet(
  on: Elaboration,
  env: Env,
  statement: LetSyntax,
  role: Role = "local",
): void {
  const meaning = settled(on, env, on.evaluate(on, env, statement.value), statement);
  const [only] = statement.names;
  if (statement.names.length === 1 && only !== undefined) {
    declare(on, env, only, meaning, role);
    return;
  }
  const items = meaning.kind === "tuple" ? meaning.items : undefined;
  if (meaning.kind !== "error" && items?.length !== statement.names.length) {
    const found = items?.length ?? 1;
    on.sink.report(
      "tuple-size",
      statement.value.span,
      { needed: statement.names.length, found },
      { label: describe(on, env, meaning) },
    );
  }
  const twice = statement.names.find(
    (name, n) =>
      name.text !== "_" && statement.names.findIndex((one) => one.text === name.text) < n,
  );
  if (twice !== undefined)
    on.sink.report("declared-twice", twice.span, { name: twice.text, where: "one `let`" });
  const fits = items?.length === statement.names.length;
  for (const [n, name] of statement.names.entries())
    declare(on, env, name, (fits ? items[n] : undefined) ?? errorMeaning, role);
}

/** A stored tensor is read now: what is stored later does not change the name. */
function settled(on: Elaboration, env: Env, meaning: Meaning, statement: LetSyntax): Meaning {
  if (meaning.kind === "nothing") {
    on.sink.report("result-mismatch", statement.value.span, {
      where: "`let`",
      needed: "a value",
      found: "nothing",
    });
    return errorMeaning;
  }
  return meaning.kind === "axes" || meaning.kind === "member"
    ? (asOperand(on, env, meaning, statement.value.span) ?? meaning)
    : meaning;
}

function declare(
  on: Elaboration,
  env: Env,
  name: LetSyntax["names"][number],
  meaning: Meaning,
  role: Role,
): void {
  declareInside(on, env.scope, name, meaning, role);
  if (name.text !== "_" && meaning.kind !== "error")
    on.noteType?.(name.text, name.span, meaning, env);
}

/** `x = e` replaces a local inside a `for`, by a value of the same type. */
function runAssign(
  on: Elaboration,
  env: Env,
  statement: Extract<StatementSyntax, { kind: "assign" }>,
): void {
  const { target } = statement;
  const meaning = on.evaluate(on, env, statement.value);
  const found = env.scope.find(target.text);
  if (found === undefined) {
    const nearest = nearestNames(
      target.text,
      env.scope.names((entry) => entry.role === "local"),
    );
    on.sink.report("unknown-name", target.span, { kind: "local", name: target.text, nearest });
    return;
  }
  const isLocal = found.entry.role === "local" && found.scope.level !== "module";
  if (!isLocal || !env.isInFor) {
    const related =
      found.entry.span === undefined ? [] : [{ span: found.entry.span, text: "declared here" }];
    on.sink.report("assign-outside-for", target.span, { name: target.text }, { related });
    return;
  }
  const old = found.entry.meaning;
  if (old.kind === "error" || meaning.kind === "error") return;
  const operand = asOperand(on, env, meaning, statement.value.span);
  const replaced =
    operand === undefined
      ? undefined
      : sameType(on, env, asOperand(on, env, old, target.span), operand, statement);
  if (replaced !== undefined) {
    found.entry.meaning = replaced;
    return;
  }
  const related =
    found.entry.span === undefined
      ? []
      : [{ span: found.entry.span, text: `${describe(on, env, old)} here` }];
  const [needed, given] = [describe(on, env, old), describe(on, env, meaning)];
  on.sink.report(
    "assign-type",
    statement.value.span,
    { name: target.text, needed, found: given },
    { label: given, related },
  );
  // What it is now, nobody can say.
  found.entry.meaning = errorMeaning;
}

/** The new value in the order of the old one; undefined where its type is another. */
function sameType(
  on: Elaboration,
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
  const value = conform(on, env, operand, demand, statement.value.span);
  return value === undefined ? undefined : { kind: "tensor", value };
}
