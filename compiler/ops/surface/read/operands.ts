import type { Value } from "../../../ir/graph/graph.ts";
import type { CheckedCall } from "../define-surface.ts";
import type { Operand, StaticValue, SurfaceArgument } from "../surface.ts";

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
