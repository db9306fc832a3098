import { quote } from "../../../diagnostics/phrase.ts";
import type { ElementType, Value } from "../../../ir/graph/graph.ts";
import type { Operands } from "../../../ir/scalar-functions/define-function.ts";
import { isFloat, isInteger } from "../../build/type-rules.ts";
import type { SurfaceArgument } from "../surface.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { formatType } from "./format-type.ts";
import { elementOfStatic, staticTensor } from "./static-tensor.ts";
import { textOf } from "./text-of.ts";

/** Which elements an operation takes. */
export type ElementRule = Operands;

/**
 * The operands of one operation as tensors of types that fit together: `real` and `f32` do, anything
 * else must be equal, and literals and static numbers take the type of what they meet. Nothing else is
 * converted. `undefined` after a report.
 */
export function meetOperands(
  call: CheckedCall,
  args: readonly SurfaceArgument[],
  rule: ElementRule,
): readonly Value[] | undefined {
  const tensors = args.filter((argument) => argument.operand.kind === "tensor");
  if (!tensors.every((argument) => isTaken(call, argument, rule))) {
    return undefined;
  }
  const element = commonElement(call, tensors);
  if (element === "clash") return undefined;
  const values: Value[] = [];
  for (const argument of args) {
    const value = tensorFor(call, argument, element ?? defaultElement(rule, args));
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** One argument as a tensor of its own type. */
export function tensorFor(
  call: CheckedCall,
  argument: SurfaceArgument,
  element?: ElementType,
): Value | undefined {
  const { operand } = argument;
  if (operand.kind === "tensor") return operand.value;
  if (operand.kind !== "static") return undefined;
  return staticTensor(call, operand.value, argument, element);
}

/** Whether the rule admits the argument's elements; reports what it does not. */
export function isTaken(call: CheckedCall, argument: SurfaceArgument, rule: ElementRule): boolean {
  if (argument.operand.kind !== "tensor") return true;
  const { type } = argument.operand.value;
  const where = quote(call.name);
  if (type.element === "f16" || type.element === "bf16") {
    call.context.sink.report("implicit-conversion", argument.span, {
      where,
      from: quote(type.element),
      to: "`real` or `f32`",
      conversion: `real(${textOf(argument.span)})`,
    });
    return false;
  }
  if (admits(rule, type.element)) return true;
  call.context.sink.report(
    "dtype-mismatch",
    argument.span,
    {
      where,
      needed: wanted[rule],
      found: formatType(call.context, type),
      conversion: conversionTo(rule, type.element, textOf(argument.span)),
    },
    { label: formatType(call.context, type) },
  );
  return false;
}

function admits(rule: ElementRule, element: ElementType): boolean {
  switch (rule) {
    case "float":
      return isFloat(element);
    case "integer":
      return isInteger(element);
    case "number":
      return element !== "bool";
    case "bool":
      return element === "bool";
    default:
      return true;
  }
}

const wanted = {
  float: "floats",
  integer: "integers",
  number: "numbers",
  bool: "`bool`",
  any: "a tensor",
} as const;

function conversionTo(rule: ElementRule, from: ElementType, text: string): string | undefined {
  if (rule === "integer") return `i32(${text})`;
  if (rule === "float") return `f32(${text})`;
  if (rule === "number") return from === "bool" ? `where(${text}, 1.0, 0.0)` : undefined;
  return rule === "bool" ? `${text} != 0` : undefined;
}

/** Without a tensor, static numbers are of one type that holds them all. */
function defaultElement(rule: ElementRule, args: readonly SurfaceArgument[]): ElementType {
  if (rule === "float") return "f32";
  const elements = args.map(({ operand }) =>
    operand.kind === "static" ? elementOfStatic(operand.value) : "f32",
  );
  return elements.find(isFloat) ?? elements[0] ?? "f32";
}

/** The type that literals take: that of the tensors, the wider of `real` and `f32`. */
function commonElement(
  call: CheckedCall,
  tensors: readonly SurfaceArgument[],
): ElementType | "clash" | undefined {
  let common: { readonly element: ElementType; readonly argument: SurfaceArgument } | undefined;
  for (const argument of tensors) {
    if (argument.operand.kind !== "tensor") continue;
    const { element } = argument.operand.value.type;
    if (common === undefined || common.element === element) {
      common = { element, argument };
    } else if (isFloat(common.element) && isFloat(element)) {
      common = { element: "f32", argument };
    } else {
      reportClash(call, common.argument, argument);
      return "clash";
    }
  }
  return common?.element;
}

function reportClash(call: CheckedCall, first: SurfaceArgument, second: SurfaceArgument): void {
  if (first.operand.kind !== "tensor" || second.operand.kind !== "tensor") return;
  const [left, right] = [first.operand.value.type, second.operand.value.type];
  // The narrower side is the one to convert: integers become floats, conditions become numbers.
  const convertsFirst = isFloat(right.element) || left.element === "bool";
  const [from, to] = convertsFirst ? [first, right.element] : [second, left.element];
  const text = textOf(from.span);
  call.context.sink.report(
    "dtype-mismatch",
    second.span,
    {
      where: quote(call.name),
      needed: "elements of one type",
      found: `${quote(left.element)} and ${quote(right.element)}`,
      conversion: `${to}(${text})`,
    },
    {
      label: formatType(call.context, right),
      related: [{ span: first.span, text: formatType(call.context, left) }],
    },
  );
}
