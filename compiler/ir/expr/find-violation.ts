import type { PositionId } from "../axis-ids.ts";
import type { LoopAxis } from "../kernel/loops.ts";
import { scalarFunction } from "../scalar-functions/scalar-functions.ts";
import type { Expr } from "./expr-form.ts";

/** A condition of a select and the branch in which something stands. */
export interface Guard {
  readonly condition: Expr;
  readonly truth: boolean;
}

/** How many points are looked at: all of small loops, evenly spread ones of large loops. */
const mostPoints = 20000;

/**
 * Looks for a point of the loops where all guards hold and `position` is not below `extent`. What depends
 * on loaded numbers is believed: a guard or a position that reads a tensor cannot be refuted here.
 */
export function findViolation(
  position: Expr,
  extent: number,
  guards: readonly Guard[],
  axes: readonly LoopAxis<PositionId>[],
): number | undefined {
  const points = axes.reduce((product, axis) => product * axis.extent, 1);
  const step = Math.max(1, Math.floor(points / mostPoints));
  const at = new Map<number, number>();
  for (let point = 0; point < points; point += step) {
    let rest = point;
    for (const axis of axes.toReversed()) {
      at.set(axis.id, rest % axis.extent);
      rest = Math.floor(rest / axis.extent);
    }
    const isReached = guards.every(({ condition, truth }) => {
      const value = evaluate(condition, at);
      return value !== undefined && (value !== 0) === truth;
    });
    const found = isReached ? evaluate(position, at) : undefined;
    if (found !== undefined && (found < 0 || found >= extent)) return found;
  }
  return undefined;
}

/** The value at a point, undefined where it depends on more than the point. */
function evaluate(expr: Expr, at: ReadonlyMap<number, number>): number | undefined {
  switch (expr.kind) {
    case "constant":
      return expr.value;
    case "axis":
      return at.get(expr.axis);
    case "select": {
      const condition = evaluate(expr.condition, at);
      if (condition === undefined) return undefined;
      return evaluate(condition !== 0 ? expr.then : expr.otherwise, at);
    }
    case "call": {
      const args: number[] = [];
      for (const arg of expr.args) {
        const value = evaluate(arg, at);
        if (value === undefined) return undefined;
        args.push(value);
      }
      return scalarFunction(expr.fn, expr.args[0]?.type ?? expr.type)(...args);
    }
    case "load":
    case "reduced":
    case "immediate":
      return undefined;
  }
}
