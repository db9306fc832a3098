import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ArgSyntax } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Env, StaticType } from "../core/entity.ts";
import { coerceStatic } from "../values/coerce.ts";
import { isInRange, numberIn, type ValueRange } from "./value-range.ts";

/** A parameter of something that the runtime does, and no text declares. */
export interface KnownParameter {
  readonly name: string;
  readonly type: Exclude<StaticType, "fn" | "init">;
  readonly isOptional?: boolean;
  /** What a number may be, where not all are right. */
  readonly range?: ValueRange;
}

/** The arguments of a call by name, held against a list that is known to the compiler only. */
export function checkArguments(
  checker: Checker,
  env: Env,
  callee: string,
  parameters: readonly KnownParameter[],
  args: readonly ArgSyntax[],
  span: Span,
): ReadonlyMap<string, StaticValue> {
  const quoted = `\`${callee}\``;
  const signature = `${callee}(${parameters.map(({ name, type }) => `${name}: ${type}`).join(", ")})`;
  const given = new Set<KnownParameter>();
  const values = new Map<string, StaticValue>();
  for (const [position, arg] of args.entries()) {
    const parameter =
      arg.name === undefined
        ? parameters[position]
        : parameters.find(({ name }) => name === arg.name?.text);
    if (parameter === undefined && arg.name !== undefined) {
      const nearest = nearestNames(
        arg.name.text,
        parameters.map(({ name }) => name),
      );
      checker.sink.report("unknown-argument", arg.name.span, {
        callee: quoted,
        name: arg.name.text,
        nearest,
        signature,
      });
    } else if (parameter === undefined || given.has(parameter)) {
      const needed = `${parameters.length} ${parameters.length === 1 ? "argument" : "arguments"}`;
      checker.sink.report("wrong-arity", span, {
        callee: quoted,
        needed,
        found: args.length,
        signature,
      });
    }
    const entity = checker.evaluate(checker, env, arg.value);
    if (parameter === undefined || given.has(parameter)) continue;
    given.add(parameter);
    const found = coerceStatic(
      checker,
      env,
      entity,
      parameter.type,
      { callee: quoted, name: parameter.name },
      arg.value.span,
    );
    if (found.kind !== "static") continue;
    const value = numberIn(checker, found.value);
    const { name, range } = parameter;
    const isRight =
      range === undefined ||
      value === undefined ||
      isInRange(checker, { name, of: callee }, value, range, arg.value.span);
    if (isRight) values.set(name, found.value);
  }
  for (const parameter of parameters) {
    if (given.has(parameter) || parameter.isOptional === true) continue;
    if (
      args.some(
        (arg) => arg.name !== undefined && !parameters.some(({ name }) => name === arg.name?.text),
      )
    )
      continue;
    checker.sink.report("missing-argument", span, {
      callee: quoted,
      name: parameter.name,
      signature,
    });
  }
  return values;
}
