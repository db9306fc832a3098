import type { Label } from "../../diagnostics/diagnostic.ts";
import { atMostFact, belowFact, equalFact } from "../../dims/facts.ts";
import type { Decision, Fact, Size } from "../../dims/size.ts";
import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming } from "../core/contexts.ts";
import { describe, describeSize, textOf } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import { reasonsIn } from "../core/reasons.ts";
import { asOperand } from "../values/coerce.ts";

/** A condition of a `where`: facts about sizes, or a truth that settings decide. */
type Condition =
  | { readonly kind: "facts"; readonly facts: readonly Fact[] }
  | { readonly kind: "truth"; readonly value: boolean | undefined }
  | { readonly kind: "error" };

/** What a `where` states inside its own declaration, where it is taken for granted. */
export function statedFacts(
  checker: Checker,
  env: Env,
  where: readonly ExprSyntax[],
): readonly Fact[] {
  return where.flatMap((expr) => {
    const condition = conditionOf(checker, env, expr);
    return condition.kind === "facts" ? condition.facts : [];
  });
}

/**
 * Checks a `where` for a part or a call, and gives its facts for what is inside. `env` is where its
 * names have their meaning, `outer` what is known where the part is made. In the generic check only
 * what no instance can make true is an error.
 */
export function checkWhere(
  checker: Checker,
  env: Env,
  where: readonly ExprSyntax[],
  outer: Env,
  span: Span,
): readonly Fact[] | undefined {
  const facts: Fact[] = [];
  let holds = true;
  for (const expr of where) {
    const condition = conditionOf(checker, env, expr);
    if (condition.kind === "error") holds = false;
    if (condition.kind === "truth" && condition.value === false)
      holds = reportFalse(checker, env, expr, span, []);
    if (condition.kind !== "facts") continue;
    facts.push(...condition.facts);
    if (holds)
      holds = condition.facts.every((fact) => isGranted(checker, env, outer, fact, expr, span));
  }
  const isOpen = (fact: Fact) =>
    checker.sizes.valueOf(fact.left) === undefined ||
    checker.sizes.valueOf(fact.right) === undefined;
  return holds ? facts.filter(isOpen) : undefined;
}

function isGranted(
  checker: Checker,
  env: Env,
  outer: Env,
  fact: Fact,
  expr: ExprSyntax,
  span: Span,
): boolean {
  const decision: Decision = checker.sizes.decide(fact, outer.frame.facts);
  if (decision.kind === "holds") return true;
  const isNumeric =
    checker.sizes.valueOf(fact.left) !== undefined &&
    checker.sizes.valueOf(fact.right) !== undefined;
  if (checker.known.sizes === "symbolic" && !isNumeric) return true;
  if (decision.kind === "fails") {
    const values = [...decision.example.values].map(([name, value]) => `${name} = ${value}`);
    return reportFalse(checker, env, expr, span, values);
  }
  checker.sink.report(
    "fact-unknown",
    span,
    { fact: textOf(expr.span) },
    { related: [labelOf(expr)] },
  );
  return false;
}

function reportFalse(
  checker: Checker,
  env: Env,
  expr: ExprSyntax,
  span: Span,
  values: readonly string[],
): false {
  const found =
    values.length > 0 ? values : namesIn(expr).flatMap((name) => valueOfName(checker, env, name));
  checker.sink.report(
    "fact-false",
    span,
    { fact: textOf(expr.span), values: found },
    { related: [labelOf(expr), ...reasonsIn(checker, env, expr.span)] },
  );
  return false;
}

function labelOf(expr: ExprSyntax): Label {
  return { span: expr.span, text: "stated here" };
}

function valueOfName(context: Naming, env: Env, name: string): readonly string[] {
  const entity = env.scope.find(name)?.entry.entity;
  if (entity?.kind !== "axes" && entity?.kind !== "static") return [];
  const size =
    entity.kind === "axes"
      ? entity.axes.map((axis) => describeSize(context, axis.size)).join(" * ")
      : describe(context, env, entity);
  return [`${name} = ${size}`];
}

function namesIn(expr: ExprSyntax): readonly string[] {
  if (expr.kind === "name") return [expr.name];
  if (expr.kind === "binary") return [...new Set([...namesIn(expr.left), ...namesIn(expr.right)])];
  return expr.kind === "unary" ? namesIn(expr.operand) : [];
}

function conditionOf(checker: Checker, env: Env, expr: ExprSyntax): Condition {
  if (expr.kind === "binary" && expr.op === "and") {
    const sides = [conditionOf(checker, env, expr.left), conditionOf(checker, env, expr.right)];
    const facts = sides.flatMap((side) => (side.kind === "facts" ? side.facts : []));
    if (sides.some((side) => side.kind === "error")) return { kind: "error" };
    return sides.some((side) => side.kind === "truth" && side.value === false)
      ? { kind: "truth", value: false }
      : { kind: "facts", facts };
  }
  if (expr.kind === "binary") {
    const left = sizeOf(checker, env, expr.left);
    const right = left === undefined ? undefined : sizeOf(checker, env, expr.right);
    const fact =
      left === undefined || right === undefined ? undefined : factOf(expr.op, left, right);
    if (fact !== undefined) return { kind: "facts", facts: [fact] };
  }
  const entity = checker.evaluate(checker, env, expr);
  if (entity.kind === "static" && entity.value.type === "bool")
    return { kind: "truth", value: entity.value.value };
  if (entity.kind !== "error")
    checker.sink.report("not-static", expr.span, {
      where: "a `where`",
      found: describe(checker, env, entity),
    });
  return { kind: "error" };
}

function sizeOf(checker: Checker, env: Env, expr: ExprSyntax): Size | undefined {
  const entity = asOperand(checker, env, checker.evaluate(checker, env, expr), expr.span);
  return entity?.kind === "static" && entity.value.type === "int" ? entity.value.value : undefined;
}

function factOf(op: string, left: Size, right: Size): Fact | undefined {
  switch (op) {
    case "==":
      return equalFact(left, right);
    case "<=":
      return atMostFact(left, right);
    case "<":
      return belowFact(left, right);
    case ">=":
      return atMostFact(right, left);
    case ">":
      return belowFact(right, left);
    default:
      return undefined;
  }
}
