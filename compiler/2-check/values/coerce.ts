import type { Label } from "../../diagnostics/diagnostic.ts";
import type { ElementType, Value } from "../../ir/graph/graph.ts";
import type { TypeSyntax } from "../../ir/syntax/syntax.ts";
import { constant, sizeNumber } from "../../ops/build/build.ts";
import { isFloat } from "../../ops/build/type-rules.ts";
import type { Operand, StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { describe } from "../core/describe.ts";
import { type Elaboration, opaque, originOf } from "../core/elaboration.ts";
import { type Env, errorMeaning, type Meaning, type StaticType } from "../core/meaning.ts";
import { sizeOfAxes } from "./members.ts";
import { readStored } from "./read-stored.ts";

/** The meaning as something that primitives take: stored tensors are read, axes are their size. */
export function asOperand(
  on: Elaboration,
  env: Env,
  meaning: Meaning,
  span: Span,
): Operand | undefined {
  switch (meaning.kind) {
    case "tensor":
    case "static":
    case "tuple":
    case "absent":
    case "error":
      return meaning;
    case "axes":
      return { kind: "static", value: sizeOfAxes(on, meaning.axes) };
    case "member": {
      const { content } = meaning.node;
      if (content?.kind !== "storage") return undefined;
      const value = readStored(on, env, meaning.node, content.storage, meaning.through, span);
      return value === undefined ? errorMeaning : { kind: "tensor", value };
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
  on: Elaboration,
  env: Env,
  value: StaticValue,
  element: ElementType,
  span: Span,
): Value | undefined {
  if (!fitsElement(value, element)) return undefined;
  const origin = originOf(env, span);
  switch (value.type) {
    case "int": {
      const known = on.sizes.valueOf(value.value);
      return known === undefined
        ? sizeNumber(on.build, [value.value], element, origin)
        : constant(on.build, known, element, origin);
    }
    case "float":
    case "bool":
      if (value.value === undefined)
        return opaque(on, env, span, { element, axes: [] }, value.type);
      return constant(on.build, Number(value.value), element, origin);
    case "lowest":
      return constant(on.build, "lowest", element, origin);
    default:
      return undefined;
  }
}

/** Whose argument it is, for messages. */
export interface Place {
  /** What is called or made, with backquotes. */
  readonly callee: string;
  readonly name: string;
  /** Where the parameter is declared. */
  readonly declared?: Span;
}

/** A setting or a static parameter: reports what does not fit. */
export function coerceStatic(
  on: Elaboration,
  env: Env,
  meaning: Meaning,
  type: StaticType,
  place: Place,
  span: Span,
): Meaning {
  if (meaning.kind === "error") return meaning;
  if (meaning.kind === "axes")
    return coerceStatic(
      on,
      env,
      { kind: "static", value: sizeOfAxes(on, meaning.axes) },
      type,
      place,
      span,
    );
  if (type === "fn" && isPointwise(meaning)) return meaning;
  if (type === "init" && meaning.kind === "init") return meaning;
  if (meaning.kind === "static") {
    const { value } = meaning;
    if (value.type === type) return meaning;
    if (type === "float" && value.type === "int") {
      return { kind: "static", value: { type: "float", value: on.sizes.valueOf(value.value) } };
    }
  }
  const isTensor =
    meaning.kind === "tensor" ||
    (meaning.kind === "member" && meaning.node.content?.kind === "storage");
  if (isTensor)
    on.sink.report(
      "not-static",
      span,
      { where: `\`${place.name}\` of ${place.callee}`, found: describe(on, env, meaning) },
      { related: declaredAt(place) },
    );
  else
    on.sink.report(
      "argument-type",
      span,
      {
        callee: place.callee,
        name: place.name,
        needed: type === "fn" ? "a pointwise fn, such as `gelu`," : withArticle(type),
        found: describe(on, env, meaning),
      },
      { related: declaredAt(place) },
    );
  return errorMeaning;
}

function declaredAt({ name, declared }: Place): readonly Label[] {
  return declared === undefined ? [] : [{ span: declared, text: `\`${name}\` is declared here` }];
}

/** What may be an `fn` setting: it takes one tensor of any axes and gives one of the same. */
function isPointwise(meaning: Meaning): boolean {
  if (meaning.kind === "primitive") return /^\w+\(x\)$/.test(meaning.op.signature);
  if (meaning.kind !== "fn") return meaning.kind === "pointwise";
  const { braces, params, result } = meaning.callable.signature;
  const [first, ...more] = params;
  const isRest = (axes: TypeSyntax["axes"]) => axes?.length === 1 && axes[0]?.kind === "rest";
  const takesOne = isRest(first?.type.axes) && more.every((param) => param.default !== undefined);
  return braces === undefined && takesOne && result.kind === "one" && isRest(result.type.axes);
}

export function withArticle(type: string): string {
  return type === "int" || type === "init" ? `an ${type}` : `a ${type}`;
}
