import type { OverrideSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { GraphMaking, Reporting } from "../core/contexts.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Entity, Env } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { asOperand } from "../values/coerce.ts";

type SetSyntax = Extract<OverrideSyntax, { kind: "set" }>;

interface SetValue {
  readonly value: ModelOverride["value"];
  readonly span: Span;
}

/** The values that `set` gives, several with `in`; undefined after a report. */
export function readSet(
  checker: Checker,
  env: Env,
  syntax: SetSyntax,
): readonly SetValue[] | undefined {
  const name = textOf(syntax.path.span);
  const { value } = syntax;
  const written = syntax.each && value.kind === "list" ? value.items : [value];
  const found: SetValue[] = [];
  for (const expr of written) {
    const entity = checker.evaluate(checker, env, expr);
    const operand = asOperand(checker, env, entity, expr.span);
    if (operand?.kind === "error") return undefined;
    const plain = plainValue(checker, operand);
    if (plain === undefined) {
      const needed = "a number, a truth value or a string";
      checker.sink.report("argument-type", expr.span, {
        callee: "`set`",
        name,
        needed,
        found: describe(checker, env, entity),
      });
      return undefined;
    }
    found.push({ value: plain, span: expr.span });
  }
  if (syntax.each && (value.kind !== "list" || found.length === 0)) {
    const what =
      value.kind === "list"
        ? "an empty list"
        : describe(checker, env, checker.evaluate(checker, env, value));
    checker.sink.report("argument-type", value.span, {
      callee: "`set`",
      name,
      needed: "a list of values after `in`",
      found: what,
    });
    return undefined;
  }
  return found;
}

function plainValue(
  context: GraphMaking,
  entity: Entity | undefined,
): ModelOverride["value"] | undefined {
  return entity?.kind === "static" ? plainStatic(context, entity.value) : undefined;
}

/** A static value as one that an override may have; undefined for others, and where it is not known. */
export function plainStatic(
  context: GraphMaking,
  value: StaticValue,
): ModelOverride["value"] | undefined {
  switch (value.type) {
    case "int":
      return context.sizes.valueOf(value.value);
    case "float":
    case "bool":
    case "string":
      return value.value;
    default:
      return undefined;
  }
}

/** The steps of a path to one or, with `*`, several places; `layers[0]` is `layers`, `0`. */
export function overrideSteps(
  checker: Checker,
  env: Env,
  path: PathSyntax,
): readonly string[] | undefined {
  const steps = [path.head.text];
  for (const step of path.steps) {
    switch (step.kind) {
      case "name":
        steps.push(step.name.text);
        break;
      case "anyName":
      case "anyIndex":
        steps.push("*");
        break;
      case "index": {
        const entity = asOperand(
          checker,
          env,
          checker.evaluate(checker, env, step.index),
          step.span,
        );
        const index = plainValue(checker, entity);
        if (typeof index !== "number") {
          if (entity?.kind !== "error") reportPath(checker, path, step.span);
          return undefined;
        }
        steps.push(String(index));
        break;
      }
      case "range":
        reportPath(checker, path, step.span);
        return undefined;
    }
  }
  return steps;
}

function reportPath(context: Reporting, path: PathSyntax, span: Span): void {
  context.sink.report("not-static", span, {
    where: `an index of \`${textOf(path.span)}\``,
    found: `\`${textOf(span)}\``,
  });
}

/** As a person writes it: numbers and `*` of lists in brackets are normalised by whoever compares. */
export function joinSteps(steps: readonly string[]): string {
  return steps
    .map((step, n) => (/^\d+$/.test(step) ? `[${step}]` : n === 0 ? step : `.${step}`))
    .join("");
}
