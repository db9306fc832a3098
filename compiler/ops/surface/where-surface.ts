import type { Value } from "../../ir/graph/graph.ts";
import { convert, where } from "../build/build.ts";
import { expandTo } from "../build/build-movement.ts";
import { unionAxes, widerElement } from "../build/type-rules.ts";
import { defineSurface } from "./define-surface.ts";
import { meetOperands } from "./read/meet-operands.ts";
import { argumentsOf, tensorOperand } from "./read/operands.ts";

/** `where(c, a, b)`. A condition known at compile time chooses there, so that no mask remains. */
export const whereSurface = defineSurface({
  name: "where",
  signature: "where(c, a, b)",
  doc: "`a` where `c` holds, else `b`; both are of one type.",
  braces: { items: "none" },
  parameters: [{ name: "c" }, { name: "a" }, { name: "b" }],
  elaborate: (call) => {
    const [condition] = meetOperands(call, argumentsOf(call, "c"), "bool") ?? [];
    const sides = argumentsOf(call, "a", "b");
    const chosen = condition && knownTruth(condition);
    const { build, origin } = call.context;
    if (chosen !== undefined && sides.every(({ operand }) => operand.kind === "static")) {
      return sides[chosen ? 0 : 1]?.operand;
    }
    const [then, otherwise] = meetOperands(call, sides, "any") ?? [];
    if (condition === undefined || then === undefined || otherwise === undefined) return undefined;
    if (chosen === undefined)
      return tensorOperand(where(build, condition, then, otherwise, origin));
    const axes = unionAxes([then.type.axes, otherwise.type.axes]);
    const element = widerElement(then.type.element, otherwise.type.element);
    const side = convert(build, chosen ? then : otherwise, element, origin);
    return tensorOperand(expandTo(build, side, axes, origin));
  },
});

/** `true` and `false` arrive as constants where a parameter of type `bool[..]` has such a default. */
function knownTruth(condition: Value): boolean | undefined {
  return condition.op === "constant" ? condition.attrs.value !== 0 : undefined;
}
