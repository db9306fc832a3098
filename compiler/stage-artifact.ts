import type { Artifact } from "./artifact.ts";

/** How long a phase trains, as it says. */
interface TrainingLength {
  readonly unit: "steps" | "samples" | "epochs";
  readonly amount: number;
}

/** One phase of a stage: its loss, what is watched, and the gradients of what is trained. */
export interface StageArtifact extends Artifact {
  readonly stage: StageSpec;
}

export interface StageSpec {
  readonly stage: string;
  readonly phase: string | undefined;
  /**
   * Of a phase that stands behind another: which, what it stores in another size, and what was not there. What an
   * optimizer keeps begins anew with each phase.
   */
  readonly begins:
    | {
        readonly after: string;
        readonly resized: readonly string[];
        readonly added: readonly string[];
      }
    | undefined;
  /** The lines `train`, in order. */
  readonly groups: readonly GroupSpec[];
  /** Settings and axes of the model by path, as the stage and the command line set them; absent where nothing is set. */
  readonly set?: Readonly<Record<string, number | boolean | string>>;
  /** What `adapt` put into the model; absent where it put nothing. */
  readonly adapters?: readonly AdapterSpec[];
  /** Outputs that are logged beside `loss`. */
  readonly watches: readonly string[];
  /** Where the stage says, or where what is compiled has pieces. */
  readonly batch: BatchSpec | undefined;
  /** What the step `frozen` gives of each sample, as text; absent where the program has no such step. */
  readonly frozen?: readonly string[];
  readonly length: TrainingLength | undefined;
  /** The float of `real`, but in some parts where it is mixed. What is trained is stored in f32. */
  readonly precision: { readonly compute: "f32" | "f16"; readonly isMixed: boolean };
  /** How many numbers the optimizer keeps for each trained one. */
  readonly moments: number;
  /** Where a budget is given, by the stage or by who asks for the program. */
  readonly memory?: StageMemory;
  /** What the schedule gives at the steps that were asked for. */
  readonly factors?: readonly ScheduleFactor[];
}

export interface StageMemory {
  /** Bytes that all buffers together may take. */
  readonly budget: number;
  /** What is made a second time because there is no room to keep it; empty where all fits. */
  readonly recomputed: readonly RecomputedSpec[];
}

/** One dispatch that does again what another one has done. */
export interface RecomputedSpec {
  /** The part that it serves first: `encoder.layers[3].attn.qkv`. */
  readonly part: string;
  /** How many results it stores, and in how many bytes. */
  readonly values: number;
  readonly bytes: number;
  readonly flops: number;
  readonly reason: "budget";
}

export interface ScheduleFactor {
  /** From 0: how many steps are done. */
  readonly step: number;
  /** Of the learning rates. */
  readonly factor: number;
}

/** How the loss of the samples of a step is computed. */
export interface BatchSpec {
  readonly total: number;
  /** Samples that are computed at a time. */
  readonly piece: number;
  /**
   * `whole`: all at once. `sum`: pieces are added up. `two-pass`: a first pass over the pieces finds what the loss
   * compares, a second one the gradients.
   */
  readonly form: "whole" | "sum" | "two-pass";
  /** What the loss takes of each sample, as text, where it is not `whole`. */
  readonly cut: readonly string[];
}

/**
 * An adapter of low rank: the part's result is its `weight` plus `scale` times `lora_up.weight` times `lora_down.weight`,
 * all three below its path, applied to what it is called with.
 */
export interface AdapterSpec {
  readonly part: string;
  readonly scale: number;
}

export interface GroupSpec {
  /** As written. */
  readonly selector: string;
  readonly lr: number;
  readonly parameters: readonly TrainedSpec[];
  /** What the line selects as well and no gradient reaches: it is not trained. */
  readonly unreached: readonly TrainedSpec[];
}

export interface TrainedSpec {
  readonly path: string;
  /** How many numbers it has. */
  readonly numbers: number;
  /** With the factor of its layer, before the schedule. */
  readonly lr: number;
  /** Weight decay. */
  readonly decay: number;
}

/**
 * How many steps a length is; undefined where that is not known: samples are as many steps as they fill batches, and
 * an epoch is as many as the data says.
 */
export function stepsOf(
  { unit, amount }: TrainingLength,
  samples: number | undefined,
  stepsPerEpoch?: number,
): number | undefined {
  if (unit === "steps") return amount;
  if (unit === "samples") return samples && Math.ceil(amount / samples);
  // Of a whole number of batches, rounding may leave a little more than that.
  return stepsPerEpoch && Math.ceil(Number((amount * stepsPerEpoch).toPrecision(12)));
}
