import type { BlockSyntax, ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Operand, StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { describe } from "../core/describe.ts";
import { type Elaboration, opaque } from "../core/elaboration.ts";
import { type Env, errorMeaning, type Meaning, nothing } from "../core/meaning.ts";
import { asOperand, fitsElement } from "../values/coerce.ts";

type IfSyntax = Extract<ExprSyntax, { kind: "if" }>;

/** The condition is known at compile time. Until it is, both branches are evaluated and must agree. */
export function evaluateIf(on: Elaboration, env: Env, expr: IfSyntax): Meaning {
  const condition = on.evaluate(on, env, expr.condition);
  if (on.known.calls === "body") {
    if (condition.kind === "error") return errorMeaning;
    const isTaken = truthOf(on, env, condition, expr.condition.span);
    if (isTaken === undefined) return errorMeaning;
    const branch = isTaken ? expr.then : expr.otherwise;
    return branch === undefined ? nothing : on.runBlock(on, env, branch);
  }
  const isCondition =
    condition.kind === "error" || truthOf(on, env, condition, expr.condition.span) !== undefined;
  const before = new Map(env.frame.stored);
  const branchEnv = (): Env => ({ ...env, frame: { ...env.frame, stored: new Map(before) } });
  const [first, second] = [branchEnv(), branchEnv()];
  const then = on.runBlock(on, first, expr.then);
  const otherwise =
    expr.otherwise === undefined ? nothing : on.runBlock(on, second, expr.otherwise);
  for (const [node, span] of [...first.frame.stored, ...second.frame.stored])
    env.frame.stored.set(node, span);
  if (!isCondition || expr.otherwise === undefined) return isCondition ? nothing : errorMeaning;
  return unify(on, env, then, otherwise, expr);
}

function truthOf(on: Elaboration, env: Env, condition: Meaning, span: Span): boolean | undefined {
  if (condition.kind === "static" && condition.value.type === "bool") {
    const { value } = condition.value;
    if (value !== undefined || on.known.calls === "signature") return value ?? false;
    on.sink.report("not-static", span, {
      where: "the condition of `if`",
      found: "known only when a size of the call is",
    });
    return undefined;
  }
  const operand = asOperand(on, env, condition, span);
  const found = describe(on, env, condition);
  if (operand?.kind === "tensor")
    on.sink.report("not-static", span, { where: "the condition of `if`", found });
  else if (operand?.kind !== "error") {
    on.sink.report("argument-type", span, {
      callee: "`if`",
      name: "the condition",
      needed: "a bool",
      found,
    });
  }
  return undefined;
}

/** One meaning for two branches of which the instance takes one. */
function unify(on: Elaboration, env: Env, a: Meaning, b: Meaning, syntax: IfSyntax): Meaning {
  const { span } = syntax;
  if (a.kind === "error" || b.kind === "error") return errorMeaning;
  if (a.kind === "nothing" && b.kind === "nothing") return nothing;
  if (isCallable(a) && isCallable(b)) return { kind: "pointwise" };
  if (a.kind === "init" && b.kind === "init") return { kind: "init", init: { kind: "unknown" } };
  const [left, right] = [asOperand(on, env, a, span), asOperand(on, env, b, span)];
  const merged =
    left === undefined || right === undefined ? undefined : merge(on, env, left, right, span);
  if (merged !== undefined) return merged;
  const needed = describe(on, env, a);
  const [first, second] = [
    endOfBlock(syntax.then),
    syntax.otherwise && endOfBlock(syntax.otherwise),
  ];
  on.sink.report(
    "result-mismatch",
    second ?? span,
    {
      where: "`else`",
      needed: `${needed} as the first branch does`,
      found: describe(on, env, b),
    },
    { label: describe(on, env, b), related: [{ span: first, text: needed }] },
  );
  return errorMeaning;
}

/** Where the value of a branch is written. */
function endOfBlock({ statements, span }: BlockSyntax): Span {
  return statements.at(-1)?.span ?? span;
}

function isCallable(meaning: Meaning): boolean {
  return meaning.kind === "fn" || meaning.kind === "primitive" || meaning.kind === "pointwise";
}

function merge(on: Elaboration, env: Env, a: Operand, b: Operand, span: Span): Operand | undefined {
  if (a.kind === "error" || b.kind === "error") return errorMeaning;
  if (a.kind === "absent") return b;
  if (b.kind === "absent") return a;
  if (a.kind === "tensor" && b.kind === "tensor") {
    const [x, y] = [a.value.type, b.value.type];
    const isSame =
      x.element === y.element &&
      x.axes.length === y.axes.length &&
      x.axes.every((axis) => y.axes.includes(axis));
    const isUndecided =
      x.element === y.element && [...x.axes, ...y.axes].some((axis) => on.abstractAxes.has(axis));
    return isSame || isUndecided
      ? { kind: "tensor", value: opaque(on, env, span, x, "if") }
      : undefined;
  }
  if (a.kind === "static" && b.kind === "static") return mergeStatic(on, a.value, b.value);
  if (a.kind === "tensor" && b.kind === "static") return fitsScalar(a, b) ? a : undefined;
  if (b.kind === "tensor" && a.kind === "static") return fitsScalar(b, a) ? b : undefined;
  if (a.kind !== "tuple" || b.kind !== "tuple" || a.items.length !== b.items.length)
    return undefined;
  const items = a.items.map((item, n) => merge(on, env, item, b.items[n] ?? errorMeaning, span));
  const known = items.filter((item) => item !== undefined);
  return known.length < items.length ? undefined : { kind: "tuple", items: known };
}

function fitsScalar(
  tensor: Extract<Operand, { kind: "tensor" }>,
  value: Extract<Operand, { kind: "static" }>,
): boolean {
  return tensor.value.type.axes.length === 0 && fitsElement(value.value, tensor.value.type.element);
}

function mergeStatic(on: Elaboration, a: StaticValue, b: StaticValue): Operand | undefined {
  if (a.type === "int" && b.type === "int") {
    return {
      kind: "static",
      value: a.value === b.value ? a : { type: "int", value: on.sizes.variable("if") },
    };
  }
  const isNumber = (value: StaticValue) => value.type === "int" || value.type === "float";
  if (isNumber(a) && isNumber(b))
    return { kind: "static", value: { type: "float", value: undefined } };
  if (a.type !== b.type) return undefined;
  if (a.type === "bool" || a.type === "string")
    return { kind: "static", value: { type: a.type, value: undefined } };
  return { kind: "static", value: a };
}
