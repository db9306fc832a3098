import type { PositionId } from "../axis-ids.ts";
import type { ScalarFn } from "../scalar-functions/scalar-functions.ts";
import type { ScalarType } from "./scalar-types.ts";

/** One element, or one number on the way to it, as a function of indices. Plain data, serialisable. */
export type Expr =
  | { readonly kind: "constant"; readonly type: ScalarType; readonly value: number }
  /** The position along a loop axis of the kernel; i32. */
  | {
      readonly kind: "axis";
      readonly axis: PositionId;
      readonly extent: number;
      readonly type: "i32";
    }
  /** One element, by its position along each dimension of the tensor. */
  | {
      readonly kind: "load";
      readonly tensor: number;
      readonly at: readonly Expr[];
      readonly type: ScalarType;
    }
  | {
      readonly kind: "call";
      readonly fn: ScalarFn;
      readonly args: readonly Expr[];
      readonly type: ScalarType;
    }
  /** The branch not taken is not evaluated: its loads may be out of range. */
  | {
      readonly kind: "select";
      readonly condition: Expr;
      readonly then: Expr;
      readonly otherwise: Expr;
      readonly type: ScalarType;
    }
  /** The result of reduction number `reduction` of this kernel. */
  | { readonly kind: "reduced"; readonly reduction: number; readonly type: ScalarType }
  /** A number given anew for every run: `seed`, `step`. */
  | { readonly kind: "immediate"; readonly name: string; readonly type: ScalarType };
