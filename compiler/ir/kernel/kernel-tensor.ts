import type { Expr } from "../expr/expr-form.ts";
import type { StorageType } from "../expr/scalar-types.ts";

/**
 * A tensor that kernels read or write. Row-major over `shape`, unless the plan packs it (weights). A `parameter`
 * is only read, by all steps; a `state` is read and written in place and stays: caches, and weights that a
 * step updates. A `scratch` is made anew by each call, at a place that nothing else ever has, so that what no
 * kernel writes of it is 0.
 */
export interface KernelTensor {
  readonly id: number;
  readonly name: string;
  readonly role:
    | "input"
    | "parameter"
    | "constant"
    | "state"
    | "scratch"
    | "intermediate"
    | "output";
  readonly shape: readonly number[];
  readonly storage: StorageType;
  /**
   * Set for a part of a tensor that no binding can hold: its elements are those from `first` on. The first `lead` of
   * them belong to the part before it; they are there so that the binding begins where it may, and nothing touches them.
   *
   * States and scratches may also be parts of a slab: tensors end to end that kernels bind one by one and as a whole.
   */
  readonly partOf?: { readonly tensor: number; readonly first: number; readonly lead?: number };
  /** Set for the scales of a quantised weight: one for each `group` of its elements, row-major. */
  readonly scalesOf?: {
    readonly tensor: number;
    readonly group: number;
    /** What the weight would be stored as without quantisation. */
    readonly insteadOf: StorageType;
  };
  /** Set for a constant: what it is full of, before it was cut. */
  readonly table?: ConstantTable;
  /** Set for a state as the call leaves it: the state as it was. In the end both are one tensor. */
  readonly replaces?: number;
}

/** One element as a function of its place: axis n stands for the position along dimension n of `shape`. */
export interface ConstantTable {
  readonly value: Expr;
  readonly shape: readonly number[];
}
