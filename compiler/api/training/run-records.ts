import type { FileIdentity } from "../../../runtime/files/file-hash.ts";
import type { BatchSource } from "../../../runtime/train/batch-source.ts";
import type { StageArtifact } from "../../stage-artifact.ts";

/** What a run is trained on. */
export interface TrainingRecords {
  /** What messages call it. */
  readonly name: "data set" | "file of batches";
  /** Of all that says which records there are. */
  readonly identity: FileIdentity;
  readonly ofPhase: (phase: string | undefined) => PhaseRecords;
  /** Those that are not trained on, where there are any. */
  readonly heldOut?: ((phase: string | undefined) => PhaseRecords) | undefined;
}

/** The records of one phase. */
export interface PhaseRecords {
  /** Steps of one pass over them; no whole number where the last batch reaches into the next pass. */
  readonly stepsPerEpoch: number;
  /** Whole batches of so many samples in one pass, at least one. */
  readonly wholeBatches: (samples: number) => number;
  /** What an input is in one step, where the records decide it. */
  readonly shapeOf: (name: string) => readonly number[] | undefined;
  /** Opens them for a program. */
  readonly open: (artifact: StageArtifact, seed: number) => BatchSource;
}
