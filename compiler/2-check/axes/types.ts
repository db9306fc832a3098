import { listOf } from "../../diagnostics/phrase.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Axis, ElementType } from "../../ir/graph/graph.ts";
import type { Named, TypeAxisSyntax, TypeSyntax } from "../../ir/syntax/syntax.ts";
import { elementTypes } from "../../ops/build/type-rules.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming, Reporting } from "../core/contexts.ts";
import { describeAxes } from "../core/describe.ts";
import type { Env, StaticType, TypeEntry, WrittenType } from "../core/entity.ts";
import { evaluateAxis, reportSizeAsAxis, sizeAt } from "./axes.ts";

export const staticTypes: readonly StaticType[] = ["int", "float", "bool", "string", "fn", "init"];
const failed = { kind: "error" } as const;

/** What a written type demands where `env` is. Names that nothing declares there are left open. */
export function evaluateType(
  checker: Checker,
  env: Env,
  syntax: TypeSyntax,
  aliases: readonly string[] = [],
  repeated?: (axis: Axis) => void,
): WrittenType {
  if (syntax.axes === undefined) return evaluateName(checker, env, syntax, aliases);
  const element = elementOf(checker, env, syntax.element);
  const entries: TypeEntry[] = [];
  for (const axis of syntax.axes) {
    const entry = entryOf(checker, env, axis);
    if (entry === undefined) return failed;
    entries.push(entry);
  }
  if (element === undefined || repeatsAxis(checker, env, entries, repeated)) return failed;
  return { kind: "tensor", element, entries, span: syntax.span };
}

function evaluateName(
  checker: Checker,
  env: Env,
  syntax: TypeSyntax,
  aliases: readonly string[],
): WrittenType {
  const name = syntax.element;
  if (name === undefined) return failed;
  const known = staticTypes.find((type) => type === name.text);
  if (known !== undefined) return { kind: "static", type: known, span: syntax.span };
  const entity = env.scope.find(name.text)?.entry.entity;
  if (entity?.kind === "type" && !aliases.includes(name.text)) {
    return evaluateType(checker, env, entity.syntax, [...aliases, name.text]);
  }
  const types = env.scope.names((entry) => entry.role === "type");
  const isElement = elementTypes.some((type) => type === name.text);
  checker.sink.report(
    "unknown-name",
    name.span,
    { kind: "type", name: name.text, nearest: nearestNames(name.text, [...types, ...staticTypes]) },
    isElement
      ? { hint: `a tensor type has its axes in brackets; a single number is \`${name.text}[]\`` }
      : {},
  );
  return failed;
}

function elementOf(context: Reporting, env: Env, name: Named | undefined): ElementType | undefined {
  if (name === undefined || name.text === "real") return env.frame.real;
  const known = elementTypes.find((type) => type === name.text);
  if (known === undefined) {
    const nearest = nearestNames(name.text, elementTypes);
    const hint = nearest.length > 0 ? {} : { hint: `there are ${listOf(elementTypes)}` };
    const params = { kind: "element type", name: name.text, nearest };
    context.sink.report("unknown-name", name.span, params, hint);
  }
  return known;
}

function entryOf(checker: Checker, env: Env, syntax: TypeAxisSyntax): TypeEntry | undefined {
  if (syntax.kind === "rest") return { kind: "rest", span: syntax.span };
  const { span } = syntax;
  const size = syntax.size === undefined ? undefined : sizeAt(checker, env, syntax.size);
  if (syntax.size !== undefined && size === undefined) return undefined;
  const axis = evaluateAxis(checker, env, syntax.axis);
  switch (axis.kind) {
    case "axes":
      return { kind: "known", axes: axis.axes, size, span };
    case "unknown":
      return { kind: "open", name: axis.name.text, size, span };
    case "size":
      reportSizeAsAxis(checker, axis.size, span);
      return undefined;
    case "error":
      return undefined;
  }
}

function repeatsAxis(
  context: Naming & Reporting,
  env: Env,
  entries: readonly TypeEntry[],
  repeated?: (axis: Axis) => void,
): boolean {
  const seen = new Set<Axis | string>();
  for (const entry of entries) {
    const keys =
      entry.kind === "known" ? entry.axes : entry.kind === "open" ? [entry.name] : [".."];
    for (const key of keys) {
      if (seen.has(key) && typeof key !== "string" && repeated !== undefined) {
        repeated(key);
        return true;
      }
      if (seen.has(key)) {
        const axis = typeof key === "string" ? key : describeAxes(context, env, [key]);
        // Of a known axis a twin can be declared, of one that a call binds another can be bound.
        const other = `\`axis ${axis}2 = ${axis}\` makes another axis of the same size`;
        const options = typeof key === "string" ? {} : { hint: other };
        context.sink.report(
          "duplicate-axis",
          entry.span,
          { axis, where: "this type", isType: true },
          options,
        );
        return true;
      }
      seen.add(key);
    }
  }
  return false;
}
