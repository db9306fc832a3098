import type { Label } from "../../diagnostics/diagnostic.ts";
import type { Named } from "../../diagnostics/phrase.ts";
import type { ElementType, Value } from "../../ir/graph/graph.ts";
import type { TypeSyntax } from "../../ir/syntax/syntax.ts";
import { constant, sizeNumber } from "../../ops/build/build.ts";
import { isFloat } from "../../ops/build/type-rules.ts";
import type { Operand, StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, opaque, originOf } from "../core/checker.ts";
import type { GraphMaking } from "../core/contexts.ts";
import { describe } from "../core/describe.ts";
import { type Entity, type Env, errorEntity, type StaticType } from "../core/entity.ts";
import { sizeOfAxes } from "./members.ts";
import { readStored } from "./read-stored.ts";

/** The meaning as something that primitives take: stored tensors are read, axes are their size. */
export function asOperand(
  checker: Checker,
  env: Env,
  entity: Entity,
  span: Span,
): Operand | undefined {
  switch (entity.kind) {
    case "tensor":
    case "static":
    case "tuple":
    case "absent":
    case "error":
      return entity;
    case "axes":
      return { kind: "static", value: sizeOfAxes(checker, entity.axes) };
    case "member": {
      const { content } = entity.node;
      if (content?.kind !== "storage") return undefined;
      const value = readStored(checker, env, entity.node, content.storage, entity.through, span);
      return value === undefined ? errorEntity : { kind: "tensor", value };
    }
    default:
      return undefined;
  }
}

/** Whether a static value may stand for a tensor of this element type. Integers stand for floats. */
export function fitsElement(value: StaticValue, element: ElementType): boolean {
  switch (value.type) {
    case "int":
      return element !== "bool";
    case "float":
      return isFloat(element);
    case "bool":
      return element === "bool";
    case "lowest":
      return element !== "bool";
    default:
      return false;
  }
}

/** The static value as a tensor without axes. */
export function tensorOfStatic(
  context: GraphMaking,
  env: Env,
  value: StaticValue,
  element: ElementType,
  span: Span,
): Value | undefined {
  if (!fitsElement(value, element)) return undefined;
  const origin = originOf(env, span);
  switch (value.type) {
    case "int": {
      const known = context.sizes.valueOf(value.value);
      return known === undefined
        ? sizeNumber(context.build, [value.value], element, origin)
        : constant(context.build, known, element, origin);
    }
    case "float":
    case "bool":
      if (value.value === undefined)
        return opaque(context, env, span, { element, axes: [] }, value.type);
      return constant(context.build, Number(value.value), element, origin);
    case "lowest":
      return constant(context.build, "lowest", element, origin);
    default:
      return undefined;
  }
}

/** Whose argument it is, for messages. */
export interface Place {
  /** What is called or made, with backquotes. */
  readonly callee: string;
  readonly name: Named;
  /** Where the parameter is declared. */
  readonly declared?: Span;
}

/** A setting or a static parameter: reports what does not fit. */
export function coerceStatic(
  checker: Checker,
  env: Env,
  entity: Entity,
  type: StaticType,
  place: Place,
  span: Span,
): Entity {
  if (entity.kind === "error") return entity;
  if (entity.kind === "axes")
    return coerceStatic(
      checker,
      env,
      { kind: "static", value: sizeOfAxes(checker, entity.axes) },
      type,
      place,
      span,
    );
  if (type === "fn" && isPointwise(entity)) return entity;
  if (type === "init" && entity.kind === "init") return entity;
  if (entity.kind === "static") {
    const { value } = entity;
    if (value.type === type) return entity;
    if (type === "float" && value.type === "int") {
      return {
        kind: "static",
        value: { type: "float", value: checker.sizes.valueOf(value.value) },
      };
    }
  }
  const isTensor =
    entity.kind === "tensor" ||
    (entity.kind === "member" && entity.node.content?.kind === "storage");
  if (isTensor)
    checker.sink.report(
      "not-static",
      span,
      {
        where: `\`${textOfName(place.name)}\` of ${place.callee}`,
        found: describe(checker, env, entity),
      },
      { related: declaredAt(place) },
    );
  else
    checker.sink.report(
      "argument-type",
      span,
      {
        callee: place.callee,
        name: place.name,
        needed: type === "fn" ? "a pointwise fn, such as `gelu`," : withArticle(type),
        found: describe(checker, env, entity),
      },
      { related: declaredAt(place) },
    );
  return errorEntity;
}

function textOfName(name: Named): string {
  return typeof name === "string" ? name : name.phrase;
}

function declaredAt({ name, declared }: Place): readonly Label[] {
  return declared === undefined
    ? []
    : [{ span: declared, text: `\`${textOfName(name)}\` is declared here` }];
}

/** What may be an `fn` setting: it takes one tensor of any axes and gives one of the same. */
function isPointwise(entity: Entity): boolean {
  if (entity.kind === "primitive") return /^\w+\(x\)$/.test(entity.op.signature);
  if (entity.kind !== "fn") return entity.kind === "pointwise";
  const { braces, params, result } = entity.callable.signature;
  const [first, ...more] = params;
  const isRest = (axes: TypeSyntax["axes"]) => axes?.length === 1 && axes[0]?.kind === "rest";
  const takesOne = isRest(first?.type.axes) && more.every((param) => param.default !== undefined);
  return braces === undefined && takesOne && result.kind === "one" && isRest(result.type.axes);
}

function withArticle(type: string): string {
  return type === "int" || type === "init" ? `an ${type}` : `a ${type}`;
}
