import { quote } from "../../../diagnostics/phrase.ts";
import type { Size } from "../../../dims/size.ts";
import type { Amount } from "../../build/amount.ts";
import type { SurfaceArgument, SurfaceContext } from "../surface.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { formatType } from "./format-type.ts";
import { textOf } from "./text-of.ts";

/**
 * A static whole number among the arguments, not below `least`. Left out it is `otherwise`. `undefined`
 * after a report.
 */
export function staticAmount(
  call: CheckedCall,
  name: string,
  least: number,
  otherwise: number,
): Size | undefined {
  const [argument] = call.args.get(name) ?? [];
  const { sizes, sink } = call.context;
  if (argument === undefined) return sizes.constant(otherwise);
  const size = staticSize(call, name, argument);
  const known = size && sizes.valueOf(size);
  if (known === undefined || known >= least) return size;
  sink.report("argument-type", argument.span, {
    callee: quote(call.name),
    name,
    needed: `${least} or more`,
    found: String(known),
  });
  return undefined;
}

function staticSize(call: CheckedCall, name: string, argument: SurfaceArgument): Size | undefined {
  const { operand, span } = argument;
  const { sink } = call.context;
  if (operand.kind === "static" && operand.value.type === "int") return operand.value.value;
  if (operand.kind === "tensor") {
    const where = `${quote(name)} of ${quote(call.name)}`;
    sink.report("not-static", span, { where, found: formatType(call.context, operand.value.type) });
    return undefined;
  }
  sink.report("argument-type", span, {
    callee: quote(call.name),
    name,
    needed: "an `int`",
    found: operand.kind === "static" ? `a ${quote(operand.value.type)}` : textOf(span),
  });
  return undefined;
}

/** Known numbers as numbers, so that equal operations are one value. */
export function amountFor({ sizes }: SurfaceContext, size: Size): Amount {
  return sizes.valueOf(size) ?? size;
}
