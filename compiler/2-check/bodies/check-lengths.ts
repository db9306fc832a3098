import type { Axis, GraphInput } from "../../ir/graph/graph.ts";
import type { Checker } from "../core/checker.ts";
import { describeAxes } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";

/**
 * `lengths: i32[B] from length(of: "ids")` counts the elements of each row of `ids: i32[B, N]`: both are
 * whole numbers, and the counts have all axes of the rows but the last.
 */
export function checkLengths(checker: Checker, env: Env, inputs: readonly GraphInput[]): void {
  for (const { name, value, reader, span } of inputs) {
    if (reader?.name !== "length") continue;
    const rows = inputs.find((input) => input.name === reader.args.of);
    // A name that is no input was reported where the mode is checked.
    if (rows === undefined) continue;
    const { element, axes } = rows.value.type;
    const needed = axes.slice(0, -1);
    const isCount = element === "i32" && value.type.element === "i32" && axes.length > 0;
    if (isCount && isSame(needed, value.type.axes)) continue;
    const list = (all: readonly Axis[]) => all.map((axis) => describeAxes(checker, env, [axis]));
    checker.sink.report("length-type", span, {
      name,
      of: rows.name,
      rows: `${element}[${list(axes).join(", ")}]`,
      needed: `i32[${list(needed).join(", ")}]`,
      found: `${value.type.element}[${list(value.type.axes).join(", ")}]`,
    });
  }
}

function isSame(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, place) => axis === b[place]);
}
