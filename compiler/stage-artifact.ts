import type { Artifact } from "./artifact.ts";

/** One phase of a stage: its loss, what is watched, and the gradients of what is trained. */
export interface StageArtifact extends Artifact {
  readonly stage: StageSpec;
}

export interface StageSpec {
  readonly stage: string;
  readonly phase: string | undefined;
  /** The lines `train`, in order. */
  readonly groups: readonly GroupSpec[];
  /** Outputs that are logged beside `loss`. */
  readonly watches: readonly string[];
  /** Samples of a step, and of one pass over the program, where the stage says. */
  readonly batch: { readonly total: number; readonly piece: number } | undefined;
  readonly length:
    | { readonly unit: "steps" | "samples" | "epochs"; readonly amount: number }
    | undefined;
  /** How many numbers the optimizer keeps for each trained one. */
  readonly moments: number;
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
