import type { LoopId, PositionId } from "../axis-ids.ts";
import type { Expr } from "../expr/expr-form.ts";
import type { ScalarType } from "../expr/scalar-types.ts";

/** A loop, or whatever else expressions are over. */
export interface LoopAxis<I extends PositionId = LoopId> {
  readonly id: I;
  readonly name: string;
  readonly extent: number;
}

export interface Store {
  readonly tensor: number;
  /** Position along each dimension of the tensor; each element is written exactly once per kernel. */
  readonly at: readonly Expr[];
  readonly value: Expr;
  /** Set where a state keeps what no store reaches: each element is written at most once. */
  readonly partial?: boolean;
  /** Nothing is stored where this is false: the position may then lie outside the tensor. */
  readonly when?: Expr;
  /** Set where the store stands once per row and not once per element. */
  readonly perRow?: boolean;
  /** Which of the groups of stored loops it runs over, where an engine has several; 0 where not given. */
  readonly along?: number;
}

export type Combine = "sum" | "product" | "max" | "min";

export interface Reduction {
  readonly combine: Combine;
  readonly value: Expr;
  readonly type: ScalarType;
}

/** What a contraction can gather on the way: it adds floats as they come. */
export interface Statistic extends Reduction {
  readonly combine: "sum";
}
