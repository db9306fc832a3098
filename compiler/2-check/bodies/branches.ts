import type { BlockSyntax, ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Operand, StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, opaque } from "../core/checker.ts";
import type { AxisTable, GraphMaking } from "../core/contexts.ts";
import { describe } from "../core/describe.ts";
import { type Entity, type Env, errorEntity, nothing } from "../core/entity.ts";
import { asOperand, fitsElement } from "../values/coerce.ts";

type IfSyntax = Extract<ExprSyntax, { kind: "if" }>;

/** The condition is known at compile time. Until it is, both branches are evaluated and must agree. */
export function evaluateIf(checker: Checker, env: Env, expr: IfSyntax): Entity {
  const condition = checker.evaluate(checker, env, expr.condition);
  if (checker.known.calls === "body") {
    if (condition.kind === "error") return errorEntity;
    const isTaken = truthOf(checker, env, condition, expr.condition.span);
    if (isTaken === undefined) return errorEntity;
    const branch = isTaken ? expr.then : expr.otherwise;
    return branch === undefined ? nothing : checker.runBlock(checker, env, branch);
  }
  const isCondition =
    condition.kind === "error" ||
    truthOf(checker, env, condition, expr.condition.span) !== undefined;
  const before = new Map(env.frame.stored);
  const branchEnv = (): Env => ({ ...env, frame: { ...env.frame, stored: new Map(before) } });
  const [first, second] = [branchEnv(), branchEnv()];
  const then = checker.runBlock(checker, first, expr.then);
  const otherwise =
    expr.otherwise === undefined ? nothing : checker.runBlock(checker, second, expr.otherwise);
  for (const [node, span] of [...first.frame.stored, ...second.frame.stored])
    env.frame.stored.set(node, span);
  if (!isCondition || expr.otherwise === undefined) return isCondition ? nothing : errorEntity;
  return unify(checker, env, then, otherwise, expr);
}

function truthOf(checker: Checker, env: Env, condition: Entity, span: Span): boolean | undefined {
  if (condition.kind === "static" && condition.value.type === "bool") {
    const { value } = condition.value;
    if (value !== undefined || checker.known.calls === "signature") return value ?? false;
    checker.sink.report("not-static", span, {
      where: "the condition of `if`",
      found: "known only when a size of the call is",
    });
    return undefined;
  }
  const operand = asOperand(checker, env, condition, span);
  const found = describe(checker, env, condition);
  if (operand?.kind === "tensor") {
    const isChoice = operand.value.type.element === "bool";
    checker.sink.report("not-static", span, { where: "the condition of `if`", found, isChoice });
  } else if (operand?.kind !== "error") {
    checker.sink.report("argument-type", span, {
      callee: "`if`",
      name: { phrase: "the condition" },
      needed: "a bool",
      found,
    });
  }
  return undefined;
}

/** One meaning for two branches of which the instance takes one. */
function unify(checker: Checker, env: Env, a: Entity, b: Entity, syntax: IfSyntax): Entity {
  const { span } = syntax;
  if (a.kind === "error" || b.kind === "error") return errorEntity;
  if (a.kind === "nothing" && b.kind === "nothing") return nothing;
  if (isCallable(a) && isCallable(b)) return { kind: "pointwise" };
  if (a.kind === "init" && b.kind === "init") return { kind: "init", init: { kind: "unknown" } };
  const [left, right] = [asOperand(checker, env, a, span), asOperand(checker, env, b, span)];
  const merged =
    left === undefined || right === undefined ? undefined : merge(checker, env, left, right, span);
  if (merged !== undefined) return merged;
  const needed = describe(checker, env, a);
  const [first, second] = [
    endOfBlock(syntax.then),
    syntax.otherwise && endOfBlock(syntax.otherwise),
  ];
  checker.sink.report(
    "result-mismatch",
    second ?? span,
    {
      where: "`else`",
      needed: `${needed} as the first branch does`,
      found: describe(checker, env, b),
    },
    { label: describe(checker, env, b), related: [{ span: first, text: needed }] },
  );
  return errorEntity;
}

/** Where the value of a branch is written. */
function endOfBlock({ statements, span }: BlockSyntax): Span {
  return statements.at(-1)?.span ?? span;
}

function isCallable(entity: Entity): boolean {
  return entity.kind === "fn" || entity.kind === "primitive" || entity.kind === "pointwise";
}

function merge(
  context: AxisTable & GraphMaking,
  env: Env,
  a: Operand,
  b: Operand,
  span: Span,
): Operand | undefined {
  if (a.kind === "error" || b.kind === "error") return errorEntity;
  if (a.kind === "absent") return b;
  if (b.kind === "absent") return a;
  if (a.kind === "tensor" && b.kind === "tensor") {
    const [x, y] = [a.value.type, b.value.type];
    const isSame =
      x.element === y.element &&
      x.axes.length === y.axes.length &&
      x.axes.every((axis) => y.axes.includes(axis));
    const isUndecided =
      x.element === y.element &&
      [...x.axes, ...y.axes].some((axis) => context.abstractAxes.has(axis));
    return isSame || isUndecided
      ? { kind: "tensor", value: opaque(context, env, span, x, "if") }
      : undefined;
  }
  if (a.kind === "static" && b.kind === "static") return mergeStatic(context, a.value, b.value);
  if (a.kind === "tensor" && b.kind === "static") return fitsScalar(a, b) ? a : undefined;
  if (b.kind === "tensor" && a.kind === "static") return fitsScalar(b, a) ? b : undefined;
  if (a.kind !== "tuple" || b.kind !== "tuple" || a.items.length !== b.items.length)
    return undefined;
  const items = a.items.map((item, n) =>
    merge(context, env, item, b.items[n] ?? errorEntity, span),
  );
  const known = items.filter((item) => item !== undefined);
  return known.length < items.length ? undefined : { kind: "tuple", items: known };
}

function fitsScalar(
  tensor: Extract<Operand, { kind: "tensor" }>,
  value: Extract<Operand, { kind: "static" }>,
): boolean {
  return tensor.value.type.axes.length === 0 && fitsElement(value.value, tensor.value.type.element);
}

function mergeStatic(context: GraphMaking, a: StaticValue, b: StaticValue): Operand | undefined {
  if (a.type === "int" && b.type === "int") {
    return {
      kind: "static",
      value: a.value === b.value ? a : { type: "int", value: context.sizes.variable("if") },
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
