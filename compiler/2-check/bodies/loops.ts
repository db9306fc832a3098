import type { Size } from "../../dims/size.ts";
import type { ExprSyntax, StatementSyntax } from "../../ir/syntax/syntax.ts";
import { joinSpans } from "../../source/source-file.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import { mayUnroll } from "../core/limits.ts";
import type { Env, Meaning, MeaningOf } from "../core/meaning.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { isList, nodeMeaning } from "../values/members.ts";
import { declareInside } from "../values/names.ts";

type ForSyntax = Extract<StatementSyntax, { kind: "for" }>;

/** A `for` is unrolled; in the generic check its body is evaluated once for all turns. */
export function runFor(on: Elaboration, env: Env, statement: ForSyntax): void {
  const turns =
    statement.to === undefined
      ? elementsOf(on, env, statement)
      : numbersOf(on, env, statement.variable.text, statement.from, statement.to);
  for (const turn of turns) {
    const scope = new Scope("block", env.scope);
    declareInside(on, scope, statement.variable, turn, "counter");
    const inner: Env = { ...env, scope, isInFor: true };
    const last = on.runBlock(on, inner, statement.body);
    const end = statement.body.statements.at(-1);
    // Said once, where the text is checked, and not again for every turn and call.
    if (
      on.known.calls === "signature" &&
      end?.kind === "expr" &&
      last.kind !== "nothing" &&
      last.kind !== "error"
    ) {
      const what = describe(on, inner, last);
      on.sink.report("unused-value", end.span, { what });
    }
  }
}

/** `layers`, `layers[0..k]`: the parts of a list. */
function elementsOf(on: Elaboration, env: Env, statement: ForSyntax): readonly Meaning[] {
  const { from } = statement;
  const isSlice = from.kind === "index" && from.to !== undefined;
  const list = on.evaluate(on, env, isSlice ? from.object : from);
  if (list.kind === "error") return [{ kind: "error" }];
  if (list.kind !== "member" || !isList(list.node)) {
    on.sink.report("argument-type", from.span, {
      callee: "`for`",
      name: textOf(from.span),
      needed: "a list of parts",
      found: describe(on, env, list),
    });
    return [{ kind: "error" }];
  }
  const { node, through } = list;
  const start = isSlice && from.index !== undefined ? boundOf(on, env, from.index) : undefined;
  const end = isSlice && from.to !== undefined ? boundOf(on, env, from.to) : undefined;
  if (start === "error" || end === "error") return [{ kind: "error" }];
  if (node.anyElement !== undefined) return [nodeMeaning(node.anyElement, through)];
  const length = node.elements.size;
  const [first, last] = [numberOf(on, start, 0), numberOf(on, end, length)];
  if (first === undefined || last === undefined) return reportUnknownBound(on, from);
  if (first < 0 || last > length || first > last) {
    on.sink.report("out-of-range", from.span, {
      where: `\`${textOf(isSlice ? from.object.span : from.span)}\``,
      index: `${first}..${last}`,
      length,
    });
    return [{ kind: "error" }];
  }
  const places = [...node.elements.keys()].sort((a, b) => a - b).slice(first, last);
  return places.flatMap((place) => {
    const element = node.elements.get(place);
    return element === undefined ? [] : [nodeMeaning(element, through)];
  });
}

/** `0..n`: numbers; in the generic check one unknown number for all of them. */
function numbersOf(
  on: Elaboration,
  env: Env,
  variable: string,
  from: ExprSyntax,
  to: ExprSyntax,
): readonly Meaning[] {
  const [start, end] = [boundOf(on, env, from), boundOf(on, env, to)];
  if (start === "error" || end === "error") return [{ kind: "error" }];
  if (on.known.calls === "signature")
    return [{ kind: "static", value: { type: "int", value: on.sizes.variable(variable) } }];
  const [first, last] = [numberOf(on, start, 0), numberOf(on, end, 0)];
  if (first === undefined || last === undefined) return reportUnknownBound(on, to);
  if (!mayUnroll(on, joinSpans(from.span, to.span), Math.max(last - first, 0)))
    return [{ kind: "error" }];
  return Array.from(
    { length: Math.max(last - first, 0) },
    (_, n): MeaningOf<"static"> => ({
      kind: "static",
      value: { type: "int", value: on.sizes.constant(first + n) },
    }),
  );
}

function boundOf(on: Elaboration, env: Env, expr: ExprSyntax): Size | "error" {
  const meaning = on.evaluate(on, env, expr);
  const operand = asOperand(on, env, meaning, expr.span);
  if (operand?.kind === "static" && operand.value.type === "int") return operand.value.value;
  if (operand?.kind === "tensor")
    on.sink.report("not-static", expr.span, {
      where: "a bound of `for`",
      found: describe(on, env, operand),
    });
  else if (operand?.kind !== "error") {
    on.sink.report("argument-type", expr.span, {
      callee: "`for`",
      name: textOf(expr.span),
      needed: "an int",
      found: describe(on, env, meaning),
    });
  }
  return "error";
}

function numberOf(on: Elaboration, size: Size | undefined, otherwise: number): number | undefined {
  return size === undefined ? otherwise : on.sizes.valueOf(size);
}

function reportUnknownBound(on: Elaboration, expr: ExprSyntax): readonly Meaning[] {
  on.sink.report("not-static", expr.span, {
    where: "a bound of `for`",
    found: "known only when a size of the call is",
  });
  return [{ kind: "error" }];
}
