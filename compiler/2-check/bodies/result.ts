import type { Axis } from "../../ir/graph/graph.ts";
import type { ResultSyntax, TypeSyntax } from "../../ir/syntax/syntax.ts";
import type { Operand } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { conform, type Demand } from "../axes/conform.ts";
import { evaluateType } from "../axes/types.ts";
import { type Checker, opaque } from "../core/checker.ts";
import type { GraphMaking, Naming } from "../core/contexts.ts";
import { describe, describeAxes, describeType, nameOfAxis } from "../core/describe.ts";
import {
  type Callable,
  type Entity,
  type Env,
  errorEntity,
  type StaticType,
} from "../core/entity.ts";
import { madeHere } from "../core/instances.ts";
import { sizesEqual } from "../core/sizes-equal.ts";
import { coerceStatic } from "../values/coerce.ts";

/** A result as its signature writes it, with every axis known. */
export type ResultType =
  | ({ readonly kind: "tensor" } & Demand)
  | { readonly kind: "static"; readonly type: StaticType; readonly written: Span };

/**
 * The result of a call whose parameters are bound in `env`: the signature's word in the generic
 * check, the value of the body otherwise. `span` is the call, `callee` what was called.
 */
export function resultOf(
  checker: Checker,
  env: Env,
  callable: Callable,
  callee: string,
  span: Span,
): Entity {
  const { result } = callable.signature;
  const types = resultTypes(checker, env, result, callable.name, (axis) => {
    checker.sink.report(
      "duplicate-axis",
      span,
      { axis: nameOfAxis(checker, env, axis), where: `the result of ${callee}` },
      { related: [{ span: result.span, text: "written here" }] },
    );
  });
  if (types === undefined) return errorEntity;
  if (checker.known.calls === "signature" || callable.body === undefined) {
    const items = types.map((type) => promised(checker, env, type, callable.name, span));
    return result.kind === "one" ? (items[0] ?? errorEntity) : { kind: "tuple", items };
  }
  const { instance } = env.frame;
  const made = instance && madeHere(instance);
  const called = { span, text: `${callee} is called here` };
  const run = () => checker.sink.within(called, () => runBody(checker, env, callable, types));
  return made === undefined ? run() : checker.sink.within(made, run);
}

/** Evaluates the body and holds it against the types. */
export function runBody(
  checker: Checker,
  env: Env,
  callable: Callable,
  types: readonly ResultType[],
): Entity {
  const result = bodyResult(checker, env, callable, types);
  // Where such an axis made the result wrong, the error has said how to mend it.
  if (result.kind === "error") return result;
  for (const { span, ...params } of new Set(env.frame.paired.values()))
    checker.sink.report("outer-sum", span, params);
  for (const { span, hint, ...params } of env.frame.shared.values())
    checker.sink.report("shared-axis", span, params, { hint });
  return result;
}

function bodyResult(
  checker: Checker,
  env: Env,
  callable: Callable,
  types: readonly ResultType[],
): Entity {
  const { body, signature } = callable;
  if (body === undefined) return errorEntity;
  const given = types.flatMap((type) => (type.kind === "tensor" ? type.axes : []));
  const freeAxes = env.frame.freeAxes.filter((axis) => given.includes(axis));
  const entity = checker.runBlock(checker, { ...env, frame: { ...env.frame, freeAxes } }, body);
  if (entity.kind === "error") return errorEntity;
  const last = body.statements.at(-1);
  const span = last?.span ?? body.span;
  const [only] = types;
  if (entity.kind === "nothing" && only !== undefined) {
    const name = last?.kind === "let" ? last.names.at(-1)?.text : undefined;
    const [first, ...more] = types.map((type) => describeResult(checker, env, type));
    checker.sink.report(
      "result-mismatch",
      span,
      {
        where: `\`${callable.name}\``,
        needed: more.length === 0 ? (first ?? "") : `(${[first, ...more].join(", ")})`,
        found: "nothing",
      },
      {
        related: [{ span: signature.result.span, text: "written here" }],
        hint: `the last line is the value${name === undefined ? "" : `: add \`${name}\``}`,
      },
    );
    return errorEntity;
  }
  if (signature.result.kind === "one" && only !== undefined)
    return hold(checker, env, entity, only, span);
  if (entity.kind !== "tuple" || entity.items.length !== types.length) {
    const needed = `${types.length} values`;
    const related = [{ span: signature.result.span, text: "written here" }];
    checker.sink.report(
      "result-mismatch",
      span,
      { where: `\`${callable.name}\``, needed, found: describe(checker, env, entity) },
      { related },
    );
    return errorEntity;
  }
  const items = types.map((type, n) =>
    hold(checker, env, entity.items[n] ?? errorEntity, type, span),
  );
  return items.some((item) => item.kind === "error") ? errorEntity : { kind: "tuple", items };
}

function hold(checker: Checker, env: Env, entity: Entity, type: ResultType, span: Span): Operand {
  if (type.kind === "static") {
    const place = {
      callee: `\`${env.frame.callable?.name ?? ""}\``,
      name: { phrase: "the result" },
    };
    const found = coerceStatic(checker, env, entity, type.type, place, span);
    return found.kind === "static" ? found : errorEntity;
  }
  const value = conform(checker, env, entity, type, span);
  return value === undefined ? errorEntity : { kind: "tensor", value };
}

function promised(
  context: GraphMaking,
  env: Env,
  type: ResultType,
  name: string,
  span: Span,
): Operand {
  if (type.kind === "tensor")
    return {
      kind: "tensor",
      value: opaque(context, env, span, { element: type.element, axes: type.axes }, name),
    };
  switch (type.type) {
    case "int":
      return { kind: "static", value: { type: "int", value: context.sizes.variable(name) } };
    case "float":
    case "bool":
    case "string":
      return { kind: "static", value: { type: type.type, value: undefined } };
    default:
      return errorEntity;
  }
}

/** The written results with all their axes; `..` is the further axes of all arguments together. */
export function resultTypes(
  checker: Checker,
  env: Env,
  result: ResultSyntax,
  name: string,
  repeated: (axis: Axis) => void,
): readonly ResultType[] | undefined {
  const written: readonly TypeSyntax[] =
    result.kind === "one" ? [result.type] : result.entries.map((entry) => entry.type);
  const types: ResultType[] = [];
  for (const syntax of written) {
    const type = resultType(checker, env, syntax, name, repeated);
    if (type === undefined) return undefined;
    types.push(type);
  }
  return types;
}

function resultType(
  checker: Checker,
  env: Env,
  syntax: TypeSyntax,
  name: string,
  repeated: (axis: Axis) => void,
): ResultType | undefined {
  const type = evaluateType(checker, env, syntax, [], repeated);
  if (type.kind === "error") return undefined;
  if (type.kind === "static") return { kind: "static", type: type.type, written: syntax.span };
  const axes: Axis[] = [];
  for (const entry of type.entries) {
    if (entry.kind === "open") {
      const isMode = env.frame.instance?.modes.has(name) ?? false;
      const hint = isMode
        ? `declare it in the model: \`axis ${entry.name} = ...\``
        : `\`fn ${name}{${entry.name}}\` lets each call say it`;
      checker.sink.report(
        "unbound-axis",
        entry.span,
        { axis: entry.name, where: `the result of \`${name}\`` },
        { hint },
      );
      // The body is still looked at, but not blamed for this name.
      env.scope.declare(entry.name, { entity: { kind: "error" }, span: entry.span, role: "axis" });
      return undefined;
    }
    if (entry.kind === "known") {
      const [only] = entry.axes;
      const question = {
        where: `the result of \`${name}\``,
        what: `\`${describeAxes(checker, env, entry.axes)}\``,
        related: undefined,
      };
      if (
        entry.size !== undefined &&
        only !== undefined &&
        !sizesEqual(checker, env, only.size, entry.size, entry.span, question)
      )
        return undefined;
      axes.push(...entry.axes);
    } else axes.push(...(env.frame.restAxes ?? []));
  }
  const twice = axes.find((axis, n) => axes.indexOf(axis) !== n);
  if (twice !== undefined) {
    repeated(twice);
    return undefined;
  }
  return {
    kind: "tensor",
    element: type.element,
    axes,
    where: `the result of \`${name}\``,
    written: syntax.span,
  };
}

export function describeResult(context: Naming, env: Env, type: ResultType): string {
  return type.kind === "static" ? type.type : describeType(context, env, type);
}
