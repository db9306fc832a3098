import type { Engine, EngineKind } from "./engines/engine-registry.ts";
import type { KernelTensor } from "./kernel-tensor.ts";
import type { Store } from "./loops.ts";
import type { KernelStep } from "./step-interface.ts";

/**
 * The kernel form: one engine, values as functions of index expressions. An expression says what one
 * element is; engines say which elements there are and what is reduced. Fusion is substitution.
 * All sizes are numbers here. Plain data, serialisable.
 */

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
  /** Set where it does once more what another kernel did before it, whose results were not kept. */
  readonly isAgain?: boolean;
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
