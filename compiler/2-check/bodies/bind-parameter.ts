import type { Axis, Value } from "../../ir/graph/graph.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import { convert } from "../../ops/build/build.ts";
import { reportAbsent } from "../../ops/surface/read/report-absent.ts";
import type { Span } from "../../source/source-file.ts";
import { bindAxes } from "../axes/bind-axes.ts";
import { type ElementDemand, elementFits } from "../axes/conform.ts";
import { evaluateType } from "../axes/types.ts";
import { type Checker, originOf, type WrittenCall } from "../core/checker.ts";
import { describe, describeAxes, nameOfAxis, textOf } from "../core/describe.ts";
import type { Entity, EntityOf, Env, WrittenType } from "../core/entity.ts";
import { initOf } from "../core/init.ts";
import { inward, renameAxes } from "../core/renaming.ts";
import { asOperand, coerceStatic, tensorOfStatic } from "../values/coerce.ts";

/** A call in progress: names of the callee are declared as its parameters are bound. */
export interface CallInside {
  readonly checker: Checker;
  /** Where the call stands. */
  readonly env: Env;
  readonly callee: EntityOf<"fn">;
  /** With backquotes. */
  readonly name: string;
  readonly call: WrittenCall;
  /** Where the callee's names are. */
  readonly inner: Env;
  /** Axes that the signature names, so that `..` leaves them out. */
  readonly named: Set<Axis>;
  /** Axes to which the call binds names of the signature, in their order. */
  readonly bound: Axis[];
  readonly rest: Axis[];
}

/** Gives one parameter its value; false where it does not fit, which is reported. */
export function bindParameter(
  inside: CallInside,
  param: ParamSyntax,
  given: Entity | undefined,
  span: Span,
): boolean {
  const { checker, inner, name } = inside;
  const type = evaluateType(checker, inner, param.type);
  if (type.kind === "error") return false;
  if (type.kind === "static") {
    const place = { callee: name, name: param.name.text, declared: param.span };
    const entity = given ?? defaultOf(inside, param, type.type === "init");
    if (entity.kind === "absent") return declare(inside, param, entity);
    const coerced = coerceStatic(
      checker,
      given === undefined ? inner : inside.env,
      entity,
      type.type,
      place,
      span,
    );
    return coerced.kind !== "error" && declare(inside, param, coerced);
  }
  const bound =
    given === undefined
      ? bindDefault(inside, param, type)
      : bindTensor(inside, param, type, given, span);
  return bound !== undefined && declare(inside, param, bound);
}

function declare({ inner }: CallInside, param: ParamSyntax, entity: Entity): true {
  inner.scope.declare(param.name.text, { entity, span: param.name.span, role: "local" });
  return true;
}

function defaultOf({ checker, inner }: CallInside, param: ParamSyntax, isInit: boolean): Entity {
  const expr = param.default;
  if (expr === undefined) return { kind: "error" };
  if (expr.kind === "none")
    return { kind: "absent", why: `\`${param.name.text}\` was not given`, span: param.span };
  return isInit ? initOf(inner, expr) : checker.evaluate(checker, inner, expr);
}

/** A default is written by the callee, in its own names; it has no axes of a caller. */
function bindDefault(inside: CallInside, param: ParamSyntax, type: Tensor): Entity | undefined {
  const entity = defaultOf(inside, param, false);
  if (entity.kind === "absent") return entity;
  const operand = asOperand(inside.checker, inside.inner, entity, param.span);
  if (operand?.kind === "static")
    return bindStatic(inside, param, type, operand, param.default?.span ?? param.span);
  if (operand?.kind !== "tensor") return undefined;
  return elementFits(
    inside.checker,
    operand.value.type.element,
    demandOf(inside, param, type),
    param.span,
  )
    ? operand
    : undefined;
}

function demandOf(inside: CallInside, param: ParamSyntax, type: Tensor): ElementDemand {
  return {
    element: type.element,
    where: `\`${param.name.text}\` of ${inside.name}`,
    written: param.type.span,
  };
}

/** A number known at compile time is a tensor without axes; it is repeated along nothing. */
function bindStatic(
  inside: CallInside,
  param: ParamSyntax,
  type: Tensor,
  given: EntityOf<"static">,
  span: Span,
): Entity | undefined {
  const { checker, inner } = inside;
  const value = type.entries.every((entry) => entry.kind === "rest")
    ? tensorOfStatic(checker, inner, given.value, type.element, span)
    : undefined;
  if (value !== undefined) return { kind: "tensor", value };
  const { where } = demandOf(inside, param, type);
  const found = describe(checker, inner, given);
  const related = [{ span: param.type.span, text: "the parameter is declared here" }];
  const axes = type.entries.flatMap((entry) =>
    entry.kind === "rest"
      ? []
      : entry.kind === "open"
        ? [entry.name]
        : [describeAxes(checker, inner, entry.axes)],
  );
  if (axes.length > 0) {
    checker.sink.report("missing-axis", span, { axes, where, found }, { related });
    return undefined;
  }
  checker.sink.report(
    "dtype-mismatch",
    span,
    { where, needed: type.element, found, conversion: undefined },
    { related },
  );
  return undefined;
}

/** In a call where `real` is f32, a tensor of the working float becomes f32, as in any operation. */
function widened(inside: CallInside, value: Value, type: Tensor, span: Span): Value {
  const { checker, env, inner } = inside;
  const isWider =
    inner.frame.real === "f32" && type.element === "f32" && value.type.element === "real";
  return isWider ? convert(checker.build, value, "f32", originOf(env, span)) : value;
}

type Tensor = Extract<WrittenType, { kind: "tensor" }>;

function bindTensor(
  inside: CallInside,
  param: ParamSyntax,
  type: Tensor,
  given: Entity,
  span: Span,
): Entity | undefined {
  const { checker, env, callee, name, inner } = inside;
  const operand = asOperand(checker, env, given, span);
  if (operand?.kind === "error") return undefined;
  if (operand?.kind === "absent") {
    if (param.default?.kind === "none") return operand;
    reportAbsent(checker, span, textOf(span), operand);
    return undefined;
  }
  if (operand?.kind === "static") return bindStatic(inside, param, type, operand, span);
  if (operand?.kind !== "tensor") {
    const found = describe(checker, env, given);
    checker.sink.report("argument-type", span, {
      callee: name,
      name: param.name.text,
      needed: `a tensor \`${textOf(param.type.span)}\``,
      found,
    });
    return undefined;
  }
  const wide = widened(inside, operand.value, type, span);
  if (!elementFits(checker, wide.type.element, demandOf(inside, param, type), span))
    return undefined;
  const { through } = callee;
  const binding = bindAxes(checker, {
    env,
    pattern: type,
    argument: operand,
    through,
    callee: name,
    calleeEnv: inner,
    span,
  });
  if (binding === undefined) return undefined;
  for (const entry of type.entries)
    if (entry.kind === "known") for (const axis of entry.axes) inside.named.add(axis);
  for (const [open, axis] of binding.opened) {
    inside.named.add(axis);
    inside.bound.push(axis);
    inner.scope.declare(open, {
      entity: { kind: "axes", axes: [axis] },
      span: undefined,
      role: "axis",
    });
  }
  inside.rest.push(...binding.rest);
  const replace = (axis: Axis) => binding.replace.get(axis) ?? inward(checker, through, axis);
  const value = renameAxes(checker, env, wide, replace, span, (axis) => {
    checker.sink.report("duplicate-axis", span, {
      axis: nameOfAxis(checker, inner, axis),
      where: `\`${param.name.text}\` of ${name}`,
    });
  });
  return value === undefined ? undefined : { kind: "tensor", value };
}
