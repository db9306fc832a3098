import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Operand, StaticValue } from "../../ops/surface/surface.ts";
import type { Checker } from "../core/checker.ts";
import { describe, textOf } from "../core/describe.ts";
import { type Entity, type Env, errorEntity } from "../core/entity.ts";
import { asOperand } from "../values/coerce.ts";
import { elementOfList, memberOf } from "../values/members.ts";
import { lookUp } from "../values/names.ts";
import { evaluateIf } from "./branches.ts";
import { applyOperator, axesNamed } from "./call-primitive.ts";
import { dottedPrimitive, evaluateCall, evaluatePipe } from "./calls.ts";

/** The meaning of an expression. What is wrong is reported where it stands and silent from there on. */
export function evaluate(checker: Checker, env: Env, expr: ExprSyntax): Entity {
  const entity = meaningOf(checker, env, expr);
  const isState =
    entity.kind === "member" &&
    entity.node.content?.kind === "storage" &&
    entity.node.content.storage.kind === "state";
  // A state is read where it is written: what a later argument stores does not change it.
  return isState ? (asOperand(checker, env, entity, expr.span) ?? entity) : entity;
}

function meaningOf(checker: Checker, env: Env, expr: ExprSyntax): Entity {
  switch (expr.kind) {
    case "int":
      return { kind: "static", value: { type: "int", value: checker.sizes.constant(expr.value) } };
    case "float":
      return { kind: "static", value: { type: "float", value: expr.value } };
    case "string":
      return { kind: "static", value: { type: "string", value: expr.value } };
    case "bool":
      return { kind: "static", value: { type: "bool", value: expr.value } };
    case "none":
      return { kind: "absent", why: "it is `none`", span: expr.span };
    case "name":
      return lookUp(checker, env, expr.name, expr.span);
    case "tuple":
      return evaluateTuple(checker, env, expr.items);
    case "list":
      return evaluateList(checker, env, expr.items);
    case "if":
      return evaluateIf(checker, env, expr);
    case "unary":
      return evaluateUnary(checker, env, expr);
    case "binary":
      return evaluateBinary(checker, env, expr);
    case "member":
      return (
        dottedPrimitive(checker, env, expr) ??
        memberOf(checker, env, meaningOf(checker, env, expr.object), expr.name)
      );
    case "index": {
      const object = evaluate(checker, env, expr.object);
      if (expr.index !== undefined && expr.to === undefined) {
        return elementOfList(
          checker,
          env,
          object,
          evaluate(checker, env, expr.index),
          expr.index.span,
        );
      }
      if (object.kind !== "error") {
        checker.sink.report("not-static", expr.span, {
          where: "an index outside `for` and selectors",
          found: "several at once",
        });
      }
      return errorEntity;
    }
    case "call":
      return evaluateCall(checker, env, expr);
    case "error":
      return errorEntity;
  }
}

function evaluateTuple(checker: Checker, env: Env, items: readonly ExprSyntax[]): Entity {
  const [only] = items;
  if (items.length === 1 && only !== undefined) return evaluate(checker, env, only);
  const operands: Operand[] = [];
  let isBroken = false;
  for (const item of items) {
    const entity = evaluate(checker, env, item);
    const operand = asOperand(checker, env, entity, item.span);
    if (operand === undefined) {
      checker.sink.report("argument-type", item.span, {
        callee: "a tuple",
        name: textOf(item.span),
        needed: "a value",
        found: describe(checker, env, entity),
      });
    }
    isBroken ||= operand === undefined;
    operands.push(operand ?? errorEntity);
  }
  return isBroken ? errorEntity : { kind: "tuple", items: operands };
}

function evaluateList(checker: Checker, env: Env, items: readonly ExprSyntax[]): Entity {
  const values: StaticValue[] = [];
  for (const item of items) {
    const entity = asOperand(checker, env, evaluate(checker, env, item), item.span);
    if (entity?.kind === "error") return errorEntity;
    if (entity?.kind !== "static") {
      checker.sink.report("not-static", item.span, {
        where: "an element of a list",
        found: entity === undefined ? "no value" : describe(checker, env, entity),
      });
      return errorEntity;
    }
    values.push(entity.value);
  }
  return { kind: "static", value: { type: "list", items: values } };
}

function evaluateUnary(
  checker: Checker,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "unary" }>,
): Entity {
  const entity = evaluate(checker, env, expr.operand);
  const symbol = expr.op === "-" ? "neg" : "not";
  return applyOperator(checker, env, symbol, [{ entity, span: expr.operand.span }], expr.span);
}

function evaluateBinary(
  checker: Checker,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "binary" }>,
): Entity {
  if (expr.op === "|>") return evaluatePipe(checker, env, expr.left, expr.right, expr.span);
  if (expr.op === "in") return evaluateIn(checker, env, expr);
  const left = { entity: evaluate(checker, env, expr.left), span: expr.left.span };
  const right = { entity: evaluate(checker, env, expr.right), span: expr.right.span };
  return applyOperator(checker, env, expr.op, [left, right], expr.span);
}

/** `Query in N`: whether the axis is a segment of the other; an axis counts as a join of itself. */
function evaluateIn(
  checker: Checker,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "binary" }>,
): Entity {
  const [part, whole] = [expr.left, expr.right].map((side) => {
    const axes = axesNamed(checker, env, side);
    if (axes === undefined) {
      const found = describe(checker, env, evaluate(checker, env, side));
      checker.sink.report("argument-type", side.span, {
        callee: "`in`",
        name: textOf(side.span),
        needed: "an axis",
        found,
      });
    }
    return axes === "error" ? undefined : axes;
  });
  if (part === undefined || whole === undefined) return errorEntity;
  if (checker.known.calls === "signature")
    return { kind: "static", value: { type: "bool", value: undefined } };
  const [join] = whole;
  const segments =
    whole.length === 1 && join?.segments !== undefined ? [...join.segments, whole] : [whole];
  const isIn = segments.some(
    (segment) => segment.length === part.length && segment.every((axis, n) => axis === part[n]),
  );
  return { kind: "static", value: { type: "bool", value: isIn } };
}
