import { variableId } from "../../ir/axis-ids.ts";
import { axisIndex, call, intConstant } from "../../ir/expr/expr.ts";
import { childrenOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { IndexSteps } from "../../ir/expr/index-steps.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Store } from "../../ir/kernel/loops.ts";
import { packedLength, tensorAddress } from "../../ir/kernel/tensor-address.ts";
import type { PackingOf } from "../../ir/schedule.ts";

/** How four neighbouring positions along an axis lie in the tensors that expressions read. */
interface AccessPattern {
  /** Loads of four neighbours that lie together, on a boundary of four. */
  readonly together: number;
  /** Loads of four elements from four places. */
  readonly apart: number;
  /** Loads that are the same at all four positions. */
  readonly same: number;
}

/** A position along flattened axes as four neighbours: what `ofLoads` and the others look along. */
export function fourPositions(axes: readonly LoopAxis[]): Expr {
  const groups = Math.ceil(extentOfAll(axes) / 4);
  const first = call("mul", [axisIndex(groupAxis, groups), intConstant(4)], "i32");
  return call("add", [first, axisIndex(laneAxis, 4)], "i32");
}

const laneAxis = variableId(-1);
const groupAxis = variableId(-2);

export class AccessPatterns {
  readonly #tensors: readonly KernelTensor[];
  readonly #packingOf: PackingOf;
  readonly #steps = new IndexSteps(laneAxis);

  constructor(tensors: readonly KernelTensor[], packingOf: PackingOf) {
    this.#tensors = tensors;
    this.#packingOf = packingOf;
  }

  /** `positions` puts `fourPositions` into the kernel's axes. */
  ofLoads(exprs: readonly Expr[], positions: ReadonlyMap<number, Expr>): AccessPattern {
    const rewrite = makeRewriter((leaf) =>
      leaf.kind === "axis" ? positions.get(leaf.axis) : undefined,
    );
    let [together, apart, same] = [0, 0, 0];
    const seen = new Set<Expr>();
    const visit = (expr: Expr): void => {
      if (seen.has(expr)) return;
      seen.add(expr);
      if (expr.kind === "load") {
        if (this.#steps.isUniform(expr)) same++;
        else if (this.#liesTogether(expr.tensor, expr.at)) together++;
        else apart++;
      }
      childrenOf(expr).forEach(visit);
    };
    exprs.map(rewrite).forEach(visit);
    return { together, apart, same };
  }

  storesLieTogether(stores: readonly Store[], positions: ReadonlyMap<number, Expr>): boolean {
    const rewrite = makeRewriter((leaf) =>
      leaf.kind === "axis" ? positions.get(leaf.axis) : undefined,
    );
    return stores.every((store) => this.#liesTogether(store.tensor, store.at.map(rewrite)));
  }

  /**
   * Do four neighbours of every load lie `step` elements apart in the row-major tensor, the first of them
   * at a multiple of four steps, but for what the other axes add?
   */
  haveStep(loads: readonly Expr[], positions: ReadonlyMap<number, Expr>, step: number): boolean {
    const rewrite = makeRewriter((leaf) =>
      leaf.kind === "axis" ? (positions.get(leaf.axis) ?? intConstant(0)) : undefined,
    );
    return loads.map(rewrite).every((load) => {
      if (load.kind !== "load") return false;
      const tensor = this.#tensors[load.tensor];
      if (tensor === undefined) return false;
      const own = this.#steps.ofForm(tensorAddress(tensor, load.at, undefined));
      return own.step === step && own.multiple % (4 * step) === 0;
    });
  }

  #liesTogether(id: number, at: readonly Expr[]): boolean {
    const tensor = this.#tensors[id];
    if (tensor === undefined) return false;
    const packing = this.#packingOf(id);
    if (packedLength(tensor, packing) % 4 !== 0) return false;
    const { step, multiple } = this.#steps.ofForm(tensorAddress(tensor, at, packing));
    return step === 1 && multiple % 4 === 0;
  }
}
