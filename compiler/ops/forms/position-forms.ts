import type { Axis, Value } from "../../ir/graph.ts";
import { add, constant, index, mul, sizeNumber } from "../build.ts";
import type { SurfaceOp } from "../surface.ts";
import { defineForm, type Form } from "./define-form.ts";
import { tensorOperand } from "./form-operands.ts";

/** Positions and sizes. */
export const indexForm: SurfaceOp = defineForm({
  name: "index",
  signature: "index{N}",
  doc: "Each position along `N`; of a product, counted row-major over its axes.",
  braces: { items: "one" },
  parameters: [],
  elaborate: (form) => tensorOperand(linearPositions(form, form.axes)),
});

/** The position in the product of these axes, as i32 over them. */
export function linearPositions({ context }: Form, axes: readonly Axis[]): Value {
  const { build, origin } = context;
  const [first, ...rest] = axes.map((axis) => index(build, axis, origin));
  if (first === undefined) return constant(build, 0, "i32", origin);
  return rest.reduce((position, next) => {
    const size = sizeNumber(
      build,
      next.type.axes.map((axis) => axis.size),
      "i32",
      origin,
    );
    return add(build, mul(build, position, size, origin), next, origin);
  }, first);
}
