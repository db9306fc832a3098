import { invariant } from "../../../diagnostics/internal-error.ts";
import type { PositionId, VariableId } from "../../../ir/axis-ids.ts";
import { intConstant } from "../../../ir/expr/expr.ts";
import { childrenOf } from "../../../ir/expr/expr-cost.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import { makeRewriter } from "../../../ir/expr/rewrite-expr.ts";
import type { Block } from "./block.ts";
import type { Width } from "./value-types.ts";

interface Variable {
  readonly name: string;
  /** The block in which it has its value. */
  readonly home: Block;
  readonly width: Width;
}

/** The WGSL variables that stand for loop axes and for results of reductions. */
export class VariableTable {
  readonly #axes = new Map<PositionId, Variable>();
  readonly #reduced = new Map<number, Variable>();
  readonly #vectors = new Map<Expr, boolean>();

  bindAxis(axis: VariableId, name: string, home: Block): void {
    invariant(!this.#axes.has(axis), `axis ${axis} has two variables`);
    this.#axes.set(axis, { name, home, width: 1 });
  }

  bindReduced(reduction: number, name: string, home: Block, width: Width): void {
    this.#reduced.set(reduction, { name, home, width });
    for (let lane = 0; width === 4 && lane < 4; lane++) {
      const single = { name: `${name}.${"xyzw"[lane]}`, home, width: 1 as const };
      this.#reduced.set(laneOfReduced(reduction, lane), single);
    }
  }

  axis(axis: PositionId): Variable {
    const variable = this.#axes.get(axis);
    invariant(variable !== undefined, `axis ${axis} has no variable`);
    return variable;
  }

  reduced(reduction: number): Variable {
    const variable = this.#reduced.get(reduction);
    invariant(variable !== undefined, `reduction ${reduction} has no variable`);
    return variable;
  }

  /** Does it use a reduction's result that is four neighbours at once? */
  holdsVector(expr: Expr): boolean {
    const known = this.#vectors.get(expr);
    if (known !== undefined) return known;
    const result =
      expr.kind === "reduced"
        ? this.reduced(expr.reduction).width === 4
        : childrenOf(expr).some((part) => this.holdsVector(part));
    this.#vectors.set(expr, result);
    return result;
  }

  /** One lane of an expression over the lanes of a vector, as an expression of single values. */
  lane(expr: Expr, axis: VariableId, lane: number): Expr {
    return makeRewriter((leaf) => {
      if (leaf.kind === "axis" && leaf.axis === axis) return intConstant(lane);
      if (leaf.kind === "reduced" && this.reduced(leaf.reduction).width === 4) {
        return { ...leaf, reduction: laneOfReduced(leaf.reduction, lane) };
      }
      return undefined;
    })(expr);
  }
}

/** Numbers of lanes are negative: the kernel's own reductions count from 0. */
function laneOfReduced(reduction: number, lane: number): number {
  return -1 - 4 * reduction - lane;
}
