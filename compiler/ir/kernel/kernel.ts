import type { LoopId, PositionId } from "../axis-ids.ts";
import type { ScalarFn } from "../scalar-functions/scalar-functions.ts";
import type { Engine, EngineKind } from "./engines/engine-registry.ts";
import type { KernelStep } from "./step-interface.ts";

/**
 * The kernel form: one engine, values as functions of index expressions. An expression says what one
 * element is; engines say which elements there are and what is reduced. Fusion is substitution.
 * All sizes are numbers here. Plain data, serialisable.
 */
export type ScalarType = "f32" | "i32" | "u32" | "bool";
/**
 * How elements lie in a buffer. Arithmetic is always in a ScalarType; f16 and bf16 are widened at the load.
 * i8 and i4 are quantised weights: whole numbers, read as f32, which a tensor of scales belongs to.
 */
export type StorageType = "f32" | "f16" | "bf16" | "i32" | "u32" | "i8" | "i4";

export type { ScalarFn };

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

/**
 * A tensor that kernels read or write. Row-major over `shape`, unless the plan packs it (weights). A `parameter`
 * is only read, by all steps; a `state` is read and written in place and stays: caches, and weights that a
 * step updates.
 */
export interface KernelTensor {
  readonly id: number;
  readonly name: string;
  readonly role: "input" | "parameter" | "constant" | "state" | "intermediate" | "output";
  readonly shape: readonly number[];
  readonly storage: StorageType;
  /** Set for a part of a tensor that no binding can hold: its elements are those from `first` on. */
  readonly partOf?: { readonly tensor: number; readonly first: number };
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
  /** Set where the store stands once per row and not once per element (row engine). */
  readonly perRow?: boolean;
}

export type Combine = "sum" | "max" | "min";

export interface Reduction {
  readonly combine: Combine;
  readonly value: Expr;
  readonly type: ScalarType;
}

/** What a contraction can gather on the way: it adds floats as they come. */
export interface Statistic extends Reduction {
  readonly combine: "sum";
}

/** A kernel, or one whose engine is of kind `K`. */
export interface Kernel<K extends EngineKind = EngineKind> {
  readonly name: string;
  readonly engine: Engine<K>;
  readonly stores: readonly Store[];
  /** Graph values that it computes and source places that it serves, for people. */
  readonly holds: readonly string[];
  readonly places: readonly {
    readonly path: string;
    readonly file: string;
    readonly line: number;
  }[];
  /** Why nothing more was fused into it, one sentence. */
  readonly endsBecause: string;
  /** States that it reads as they were before the call, though the call stores to them. */
  readonly readsBefore?: readonly number[];
  /** Which of the mode's steps it is part of; 0 where not given. */
  readonly step?: number;
}

/** All kernels of a program in order, over one table of tensors. */
export interface KernelProgram {
  readonly tensors: readonly KernelTensor[];
  readonly kernels: readonly Kernel[];
  /** The steps of the mode in order, which say what comes from outside and what goes there. */
  readonly steps: readonly KernelStep[];
  /** Set where results were written over operands: tensors that are no states are then written again, too. */
  readonly reuse?: {
    /** The largest live set in bytes where every value has a place of its own. */
    readonly lowerBound: number;
  };
}
