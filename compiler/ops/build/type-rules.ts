import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Attr, Attrs, Axis, ElementType, TensorType } from "../../ir/graph/graph.ts";
import type { Operands, ScalarFunction } from "../../ir/scalar-functions/define-function.ts";

/**
 * The types of results, shared by the records of the operations and by the constructors of graphs.
 * Union: the operand with more axes leads (the left one on a tie), missing axes follow in order.
 */
export function unionAxes(lists: readonly (readonly Axis[])[]): readonly Axis[] {
  const [first = [], ...rest] = lists;
  let result = first;
  for (const axes of rest) {
    const [lead, other] = axes.length > result.length ? [axes, result] : [result, axes];
    const missing = other.filter((axis) => !lead.includes(axis));
    result = missing.length === 0 ? lead : [...lead, ...missing];
  }
  return result;
}

/** `real` with `f32` gives `f32`; two floats of which none holds the other meet in `f32`. */
export function widerElement(a: ElementType, b: ElementType): ElementType {
  if (a === b) return a;
  if (isFloat(a) && isFloat(b)) return "f32";
  throw new InternalError(`no element type holds both ${a} and ${b}`);
}

export function isFloat(element: ElementType): boolean {
  return element === "real" || element === "f32" || element === "f16" || element === "bf16";
}

export function isInteger(element: ElementType): boolean {
  return element === "i32" || element === "u32";
}

/** Arithmetic of any number of operands: union of axes, the widest type. */
export function arithmeticType(inputs: readonly TensorType[]): TensorType {
  const elements = inputs.map((input) => input.element);
  return {
    element: elements.reduce(widerElement),
    axes: unionAxes(inputs.map((input) => input.axes)),
  };
}

/** What only floats have: `exp`, `sqrt`. */
export function floatType(inputs: readonly TensorType[]): TensorType {
  const type = arithmeticType(inputs);
  if (!isFloat(type.element)) throw new InternalError(`${type.element} where a float is needed`);
  return type;
}

export function comparisonType(inputs: readonly TensorType[]): TensorType {
  return { element: "bool", axes: arithmeticType(inputs).axes };
}

/** The rule of an operation that is a scalar function. */
export function typeRuleOf(
  operands: Operands,
  result: ScalarFunction["result"],
): (inputs: readonly TensorType[]) => TensorType {
  if (result === "bool") return comparisonType;
  return operands === "float" ? floatType : arithmeticType;
}

export function whereType(inputs: readonly TensorType[]): TensorType {
  const [condition, then, otherwise] = inputs;
  if (condition?.element !== "bool" || then === undefined || otherwise === undefined) {
    throw new InternalError("`where` takes a condition and two values");
  }
  return {
    element: widerElement(then.element, otherwise.element),
    axes: unionAxes(inputs.map((input) => input.axes)),
  };
}

/** The only input's type; sources have none. */
export function onlyInput(inputs: readonly TensorType[]): TensorType {
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1) throw new InternalError("one input is needed");
  return input;
}

export function reducedType(inputs: readonly TensorType[], attrs: Attrs): TensorType {
  const input = onlyInput(inputs);
  return { element: input.element, axes: withoutAxes(input.axes, axesOf(attrs, "axes")) };
}

export function withoutAxes(axes: readonly Axis[], gone: readonly Axis[]): readonly Axis[] {
  for (const axis of gone) {
    if (!axes.includes(axis)) throw new InternalError(`the tensor has no axis ${axis.name}`);
  }
  return axes.filter((axis) => !gone.includes(axis));
}

/** `made` in the place of the leftmost of `gone`. */
export function replaceAxes(
  axes: readonly Axis[],
  gone: readonly Axis[],
  made: readonly Axis[],
): readonly Axis[] {
  const place = axes.findIndex((axis) => gone.includes(axis));
  const before = withoutAxes(axes, gone).filter((axis) => axes.indexOf(axis) < place);
  const after = axes.slice(place).filter((axis) => !gone.includes(axis));
  return [...before, ...made, ...after];
}

export function axisOf(attrs: Attrs, name: string): Axis {
  const attr = attrs[name];
  if (!isAxis(attr)) throw new InternalError(`attribute ${name} is no axis`);
  return attr;
}

export function axesOf(attrs: Attrs, name: string): readonly Axis[] {
  const attr = attrs[name];
  if (!Array.isArray(attr) || !attr.every(isAxis)) {
    throw new InternalError(`attribute ${name} is no list of axes`);
  }
  return attr;
}

export function numberOf(attrs: Attrs, name: string): number {
  const attr = attrs[name];
  if (typeof attr !== "number") throw new InternalError(`attribute ${name} is no number`);
  return attr;
}

export function elementOf(attrs: Attrs): ElementType {
  const attr = attrs.element;
  const known = elementTypes.find((element) => element === attr);
  if (known === undefined) throw new InternalError(`no element type: ${String(attr)}`);
  return known;
}

export const elementTypes: readonly ElementType[] = [
  "real",
  "f32",
  "f16",
  "bf16",
  "i32",
  "u32",
  "bool",
];

function isAxis(attr: Attr | undefined): attr is Axis {
  return typeof attr === "object" && !Array.isArray(attr) && "segments" in attr;
}
