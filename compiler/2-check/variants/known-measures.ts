import type { KnownParameter } from "./check-arguments.ts";

/** An evaluation of the runtime: what it is asked, and the numbers that it gives. */
export interface KnownMeasure {
  readonly parameters: readonly KnownParameter[];
  /** Words for its numbers, by the data set that it is asked of; under `""` where none is named. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
  /** The same where `dataset` is a folder of the user's; undefined where only sets are known. */
  readonly open: readonly string[] | undefined;
  /** Modes of the model that it runs: the first unless the argument `mode` names another, and all others. */
  readonly modes: readonly string[];
  /** What the stage watches is among its numbers. */
  readonly isOfStage?: true;
}

/** Every measure by name. The check is told of them: what evaluations there are is known to the runtime alone. */
export type KnownMeasures = ReadonlyMap<string, KnownMeasure>;
