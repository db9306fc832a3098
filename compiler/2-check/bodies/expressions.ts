import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Operand, StaticValue } from "../../ops/surface/surface.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import { type Env, errorMeaning, type Meaning } from "../core/meaning.ts";
import { asOperand } from "../values/coerce.ts";
import { elementOfList, memberOf } from "../values/members.ts";
import { lookUp } from "../values/names.ts";
import { evaluateIf } from "./branches.ts";
import { applyOperator, axesNamed } from "./call-primitive.ts";
import { dottedPrimitive, evaluateCall, evaluatePipe } from "./calls.ts";

/** The meaning of an expression. What is wrong is reported where it stands and silent from there on. */
export function evaluate(on: Elaboration, env: Env, expr: ExprSyntax): Meaning {
  const meaning = meaningOf(on, env, expr);
  const isState =
    meaning.kind === "member" &&
    meaning.node.content?.kind === "storage" &&
    meaning.node.content.storage.kind === "state";
  // A state is read where it is written: what a later argument stores does not change it.
  return isState ? (asOperand(on, env, meaning, expr.span) ?? meaning) : meaning;
}

function meaningOf(on: Elaboration, env: Env, expr: ExprSyntax): Meaning {
  switch (expr.kind) {
    case "int":
      return { kind: "static", value: { type: "int", value: on.sizes.constant(expr.value) } };
    case "float":
      return { kind: "static", value: { type: "float", value: expr.value } };
    case "string":
      return { kind: "static", value: { type: "string", value: expr.value } };
    case "bool":
      return { kind: "static", value: { type: "bool", value: expr.value } };
    case "none":
      return { kind: "absent", why: "it is `none`", span: expr.span };
    case "name":
      return lookUp(on, env, expr.name, expr.span);
    case "tuple":
      return evaluateTuple(on, env, expr.items);
    case "list":
      return evaluateList(on, env, expr.items);
    case "if":
      return evaluateIf(on, env, expr);
    case "unary":
      return evaluateUnary(on, env, expr);
    case "binary":
      return evaluateBinary(on, env, expr);
    case "member":
      return (
        dottedPrimitive(on, env, expr) ??
        memberOf(on, env, meaningOf(on, env, expr.object), expr.name)
      );
    case "index": {
      const object = evaluate(on, env, expr.object);
      if (expr.index !== undefined && expr.to === undefined) {
        return elementOfList(on, env, object, evaluate(on, env, expr.index), expr.index.span);
      }
      if (object.kind !== "error") {
        on.sink.report("not-static", expr.span, {
          where: "an index outside `for` and selectors",
          found: "several at once",
        });
      }
      return errorMeaning;
    }
    case "call":
      return evaluateCall(on, env, expr);
    case "error":
      return errorMeaning;
  }
}

function evaluateTuple(on: Elaboration, env: Env, items: readonly ExprSyntax[]): Meaning {
  const [only] = items;
  if (items.length === 1 && only !== undefined) return evaluate(on, env, only);
  const operands: Operand[] = [];
  let isBroken = false;
  for (const item of items) {
    const meaning = evaluate(on, env, item);
    const operand = asOperand(on, env, meaning, item.span);
    if (operand === undefined) {
      on.sink.report("argument-type", item.span, {
        callee: "a tuple",
        name: textOf(item.span),
        needed: "a value",
        found: describe(on, env, meaning),
      });
    }
    isBroken ||= operand === undefined;
    operands.push(operand ?? errorMeaning);
  }
  return isBroken ? errorMeaning : { kind: "tuple", items: operands };
}

function evaluateList(on: Elaboration, env: Env, items: readonly ExprSyntax[]): Meaning {
  const values: StaticValue[] = [];
  for (const item of items) {
    const meaning = asOperand(on, env, evaluate(on, env, item), item.span);
    if (meaning?.kind === "error") return errorMeaning;
    if (meaning?.kind !== "static") {
      on.sink.report("not-static", item.span, {
        where: "an element of a list",
        found: meaning === undefined ? "no value" : describe(on, env, meaning),
      });
      return errorMeaning;
    }
    values.push(meaning.value);
  }
  return { kind: "static", value: { type: "list", items: values } };
}

function evaluateUnary(
  on: Elaboration,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "unary" }>,
): Meaning {
  const meaning = evaluate(on, env, expr.operand);
  const symbol = expr.op === "-" ? "neg" : "not";
  return applyOperator(on, env, symbol, [{ meaning, span: expr.operand.span }], expr.span);
}

function evaluateBinary(
  on: Elaboration,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "binary" }>,
): Meaning {
  if (expr.op === "|>") return evaluatePipe(on, env, expr.left, expr.right, expr.span);
  if (expr.op === "in") return evaluateIn(on, env, expr);
  const left = { meaning: evaluate(on, env, expr.left), span: expr.left.span };
  const right = { meaning: evaluate(on, env, expr.right), span: expr.right.span };
  return applyOperator(on, env, expr.op, [left, right], expr.span);
}

/** `Query in N`: whether the axis is a segment of the other; an axis counts as a join of itself. */
function evaluateIn(
  on: Elaboration,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "binary" }>,
): Meaning {
  const [part, whole] = [expr.left, expr.right].map((side) => {
    const axes = axesNamed(on, env, side);
    if (axes === undefined) {
      const found = describe(on, env, evaluate(on, env, side));
      on.sink.report("argument-type", side.span, {
        callee: "`in`",
        name: textOf(side.span),
        needed: "an axis",
        found,
      });
    }
    return axes === "error" ? undefined : axes;
  });
  if (part === undefined || whole === undefined) return errorMeaning;
  if (on.known.calls === "signature")
    return { kind: "static", value: { type: "bool", value: undefined } };
  const [join] = whole;
  const segments =
    whole.length === 1 && join?.segments !== undefined ? [...join.segments, whole] : [whole];
  const isIn = segments.some(
    (segment) => segment.length === part.length && segment.every((axis, n) => axis === part[n]),
  );
  return { kind: "static", value: { type: "bool", value: isIn } };
}
