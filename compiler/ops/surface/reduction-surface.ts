import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { maxOver, mean, minOver, productOver, sum } from "../build/build-reduction.ts";
import { defineSurface } from "./define-surface.ts";
import type { ElementRule } from "./read/meet-operands.ts";
import { tensorOperand } from "./read/operands.ts";
import { hasElements, operandWithAxes } from "./read/require-axes.ts";
import type { SurfaceOp } from "./surface.ts";

type Reduce = (build: GraphBuilder, x: Value, axes: readonly Axis[], origin: Origin) => Value;

/** What combines the elements along axes. */
export const reductionSurfaces: readonly SurfaceOp[] = [
  reductionSurface("sum", "The sum over axes; 0 where there is nothing.", "number", sum),
  reductionSurface(
    "product",
    "The product over axes; 1 where there is nothing.",
    "number",
    productOver,
  ),
  reductionSurface("mean", "The mean over axes.", "float", mean),
  reductionSurface("max", "The largest element over axes.", "number", maxOver),
  reductionSurface("min", "The smallest element over axes.", "number", minOver),
];

/** What has a value over nothing. */
const startsAnywhere: ReadonlySet<string> = new Set(["sum", "product"]);

function reductionSurface(name: string, doc: string, rule: ElementRule, make: Reduce): SurfaceOp {
  return defineSurface({
    name,
    signature: `${name}{K}(x)`,
    doc,
    braces: { items: "many" },
    parameters: [{ name: "x" }],
    elaborate: (call) => {
      const x = operandWithAxes(call, rule);
      if (x === undefined) return undefined;
      if (!startsAnywhere.has(name) && !hasElements(call, call.axes)) return undefined;
      return tensorOperand(make(call.context.build, x, call.axes, call.context.origin));
    },
  });
}
