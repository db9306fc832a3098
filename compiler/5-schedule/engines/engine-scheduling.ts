import type { Expr } from "../../ir/expr/expr-form.ts";
import type { Engine, EngineKind } from "../../ir/kernel/engines/engine-registry.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import type { NestKind, NestOf } from "../../ir/loop-nests.ts";
import type { ResultGrid, Schedule } from "../../ir/schedule.ts";

/** What scheduling knows of one kind of engine, beside what its record in `ir/kernel/engines` says. */
export interface EngineScheduling<
  K extends EngineKind = EngineKind,
  N extends NestKind = NestOf<K>,
> {
  /** Fastest first; the last one accepts everything. */
  readonly schedules: readonly Schedule<N>[];
  /** `undefined`: nothing about it is worth measuring. */
  readonly tuning: EngineTuning<K> | undefined;
  /** `undefined`: its schedules take tensors as they lie. */
  readonly packing: EnginePacking<K> | undefined;
}

interface EngineTuning<K extends EngineKind> {
  /**
   * What kernels have in common that one choice serves. Sizes that a program fixes (inner, columns, widths of
   * heads) stand as they are; those that change from call to call (rows, batch, tokens) by their bucket.
   * `undefined`: there is nothing to compute.
   */
  key(engine: Engine<K>, tensors: readonly KernelTensor[]): readonly string[] | undefined;
  grid(engine: Engine<K>): ResultGrid;
}

interface EnginePacking<K extends EngineKind> {
  /** What a schedule may want packed in another way. */
  operands(engine: Engine<K>): readonly Expr[];
  /** How often each element of a packed operand is used: the kernel that does so least decides. */
  rows(engine: Engine<K>): number;
}
