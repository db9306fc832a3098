import { quote } from "../../../diagnostics/phrase.ts";
import type { ElementType, Value } from "../../../ir/graph/graph.ts";
import { constant, sizeNumber } from "../../build/build.ts";
import { isFloat } from "../../build/type-rules.ts";
import type { StaticValue, SurfaceArgument } from "../surface.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { textOf } from "./text-of.ts";

/**
 * A literal or static number as a tensor: it takes the type of what it meets. Without anything to
 * meet, floats are f32 and integers i32. `undefined` after a report.
 */
export function staticTensor(
  call: CheckedCall,
  value: StaticValue,
  argument: SurfaceArgument,
  element: ElementType = elementOfStatic(value),
): Value | undefined {
  const { build, sizes, origin } = call.context;
  switch (value.type) {
    case "bool":
      if (element !== "bool") return refuse(call, argument, element, "a `bool`");
      if (!isKnown(call, value.value, argument)) return undefined;
      return constant(build, value.value === false ? 0 : 1, element, origin);
    case "int": {
      if (element === "bool") return refuse(call, argument, element, "an `int`");
      const known = sizes.valueOf(value.value);
      return known === undefined
        ? sizeNumber(build, [value.value], element, origin)
        : constant(build, known, element, origin);
    }
    case "float":
      if (!isFloat(element)) return refuse(call, argument, element, "a `float`");
      if (!isKnown(call, value.value, argument)) return undefined;
      return constant(build, value.value ?? Number.NaN, element, origin);
    case "lowest":
      if (element === "bool") return refuse(call, argument, element, "`lowest`");
      return constant(build, "lowest", element, origin);
    default:
      call.context.sink.report("argument-type", argument.span, {
        callee: quote(call.name),
        name: argument.name ?? "x",
        needed: "a tensor or a number",
        found: value.type === "string" ? "a `string`" : "a list",
      });
      return undefined;
  }
}

export function elementOfStatic(value: StaticValue): ElementType {
  if (value.type === "bool") return "bool";
  return value.type === "int" ? "i32" : "f32";
}

/**
 * In the generic check settings are unknown, and what it builds is thrown away. An instance must know:
 * what is unknown there depends on an axis that only a call binds.
 */
function isKnown(
  call: CheckedCall,
  value: number | boolean | undefined,
  argument: SurfaceArgument,
): boolean {
  if (value !== undefined || call.context.isPartial) return true;
  call.context.sink.report("fact-unknown", argument.span, { fact: textOf(argument.span) });
  return false;
}

function refuse(
  call: CheckedCall,
  argument: SurfaceArgument,
  element: ElementType,
  found: string,
): undefined {
  call.context.sink.report("dtype-mismatch", argument.span, {
    where: quote(call.name),
    needed: quote(element),
    found,
    conversion: undefined,
  });
  return undefined;
}
