import type { Size } from "../../dims/size.ts";
import type { ExprSyntax, StatementSyntax } from "../../ir/syntax/syntax.ts";
import { joinSpans } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { GraphMaking, Reporting } from "../core/contexts.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Entity, EntityOf, Env } from "../core/entity.ts";
import { mayUnroll } from "../core/limits.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { isList, nodeEntity } from "../values/members.ts";
import { declareInside } from "../values/names.ts";

type ForSyntax = Extract<StatementSyntax, { kind: "for" }>;

/** A `for` is unrolled; in the generic check its body is evaluated once for all turns. */
export function runFor(checker: Checker, env: Env, statement: ForSyntax): void {
  const turns =
    statement.to === undefined
      ? elementsOf(checker, env, statement)
      : numbersOf(checker, env, statement.variable.text, statement.from, statement.to);
  for (const turn of turns) {
    const scope = new Scope("block", env.scope);
    declareInside(checker, scope, statement.variable, turn, "counter");
    const inner: Env = { ...env, scope, isInFor: true };
    const last = checker.runBlock(checker, inner, statement.body);
    const end = statement.body.statements.at(-1);
    // Said once, where the text is checked, and not again for every turn and call.
    if (
      checker.known.calls === "signature" &&
      end?.kind === "expr" &&
      last.kind !== "nothing" &&
      last.kind !== "error"
    ) {
      const what = describe(checker, inner, last);
      checker.sink.report("unused-value", end.span, { what });
    }
  }
}

/** `layers`, `layers[0..k]`: the parts of a list. */
function elementsOf(checker: Checker, env: Env, statement: ForSyntax): readonly Entity[] {
  const { from } = statement;
  const isSlice = from.kind === "index" && from.to !== undefined;
  const list = checker.evaluate(checker, env, isSlice ? from.object : from);
  if (list.kind === "error") return [{ kind: "error" }];
  if (list.kind !== "member" || !isList(list.node)) {
    checker.sink.report("argument-type", from.span, {
      callee: "`for`",
      name: textOf(from.span),
      needed: "a list of parts",
      found: describe(checker, env, list),
    });
    return [{ kind: "error" }];
  }
  const { node, through } = list;
  const start = isSlice && from.index !== undefined ? boundOf(checker, env, from.index) : undefined;
  const end = isSlice && from.to !== undefined ? boundOf(checker, env, from.to) : undefined;
  if (start === "error" || end === "error") return [{ kind: "error" }];
  if (node.anyElement !== undefined) return [nodeEntity(node.anyElement, through)];
  const length = node.elements.size;
  const [first, last] = [numberOf(checker, start, 0), numberOf(checker, end, length)];
  if (first === undefined || last === undefined) return reportUnknownBound(checker, from);
  if (first < 0 || last > length || first > last) {
    checker.sink.report("out-of-range", from.span, {
      where: `\`${textOf(isSlice ? from.object.span : from.span)}\``,
      index: `${first}..${last}`,
      length,
    });
    return [{ kind: "error" }];
  }
  const places = [...node.elements.keys()].sort((a, b) => a - b).slice(first, last);
  return places.flatMap((place) => {
    const element = node.elements.get(place);
    return element === undefined ? [] : [nodeEntity(element, through)];
  });
}

/** `0..n`: numbers; in the generic check one unknown number for all of them. */
function numbersOf(
  checker: Checker,
  env: Env,
  variable: string,
  from: ExprSyntax,
  to: ExprSyntax,
): readonly Entity[] {
  const [start, end] = [boundOf(checker, env, from), boundOf(checker, env, to)];
  if (start === "error" || end === "error") return [{ kind: "error" }];
  if (checker.known.calls === "signature")
    return [{ kind: "static", value: { type: "int", value: checker.sizes.variable(variable) } }];
  const [first, last] = [numberOf(checker, start, 0), numberOf(checker, end, 0)];
  if (first === undefined || last === undefined) return reportUnknownBound(checker, to);
  if (!mayUnroll(checker, joinSpans(from.span, to.span), Math.max(last - first, 0)))
    return [{ kind: "error" }];
  return Array.from(
    { length: Math.max(last - first, 0) },
    (_, n): EntityOf<"static"> => ({
      kind: "static",
      value: { type: "int", value: checker.sizes.constant(first + n) },
    }),
  );
}

function boundOf(checker: Checker, env: Env, expr: ExprSyntax): Size | "error" {
  const entity = checker.evaluate(checker, env, expr);
  const operand = asOperand(checker, env, entity, expr.span);
  if (operand?.kind === "static" && operand.value.type === "int") return operand.value.value;
  if (operand?.kind === "tensor")
    checker.sink.report("not-static", expr.span, {
      where: "a bound of `for`",
      found: describe(checker, env, operand),
    });
  else if (operand?.kind !== "error") {
    checker.sink.report("argument-type", expr.span, {
      callee: "`for`",
      name: textOf(expr.span),
      needed: "an int",
      found: describe(checker, env, entity),
    });
  }
  return "error";
}

function numberOf(
  context: GraphMaking,
  size: Size | undefined,
  otherwise: number,
): number | undefined {
  return size === undefined ? otherwise : context.sizes.valueOf(size);
}

function reportUnknownBound(context: Reporting, expr: ExprSyntax): readonly Entity[] {
  context.sink.report("not-static", expr.span, {
    where: "a bound of `for`",
    found: "known only when a size of the call is",
  });
  return [{ kind: "error" }];
}
