import { quote } from "../../../diagnostics/phrase.ts";
import type { Size } from "../../../dims/size.ts";
import type { Value } from "../../../ir/graph/graph.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { formatType } from "./format-type.ts";
import { textOf } from "./text-of.ts";

type Positions =
  | { readonly kind: "static"; readonly position: Size }
  | { readonly kind: "tensor"; readonly value: Value };

/** What stands after the colon of `take{N: p}`: a static number or a tensor of `i32`. */
export function readPositions(call: CheckedCall): Positions | undefined {
  const [item] = call.items;
  if (item?.kind !== "axes" || item.at?.kind !== "operand") return undefined;
  const { operand, span } = item.at;
  const where = `the position of ${quote(call.name)}`;
  if (operand.kind === "tensor") {
    const { type } = operand.value;
    if (type.element === "i32") return { kind: "tensor", value: operand.value };
    call.context.sink.report("dtype-mismatch", span, {
      where,
      needed: "`i32`",
      found: formatType(call.context, type),
      conversion: `i32(${textOf(span)})`,
    });
    return undefined;
  }
  if (operand.kind !== "static") return undefined;
  if (operand.value.type === "int") return { kind: "static", position: operand.value.value };
  call.context.sink.report("dtype-mismatch", span, {
    where,
    needed: "an `int` or `i32`",
    found: `a ${quote(operand.value.type)}`,
    conversion: undefined,
  });
  return undefined;
}
