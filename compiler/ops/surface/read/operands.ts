import type { Value } from "../../../ir/graph/graph.ts";
import type { Operand, StaticValue, SurfaceArgument } from "../surface.ts";
import type { CheckedCall } from "../surface-definition.ts";

export function tensorOperand(value: Value): Operand {
  return { kind: "tensor", value };
}

export function staticOperand(value: StaticValue | undefined): Operand | undefined {
  return value === undefined ? undefined : { kind: "static", value };
}

/** The arguments in the order of the parameters. */
export function argumentsOf(
  call: CheckedCall,
  ...names: readonly string[]
): readonly SurfaceArgument[] {
  return names.flatMap((name) => call.args.get(name) ?? []);
}
