import { existsSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../faults.ts";
import { recoverRun } from "../runs/recover-run.ts";
import { checkpointName, runPaths } from "../runs/run-folder.ts";
import { nameCheckpoint } from "../runs/write-checkpoint.ts";
import type { CheckpointSource } from "../weights/weight-source.ts";
import { checkpointSource } from "./checkpoint-tensors.ts";
import { parseRunState, type RunState } from "./train-events.ts";

/** Where a run begins, or goes on. */
export interface RunStart {
  readonly state: RunState;
  readonly metricsBytes: number;
  /** What fills the weights and states; undefined for what the run is begun with. */
  readonly source: CheckpointSource | undefined;
  /** What was found wrong and passed over. */
  readonly warnings: readonly string[];
}

/**
 * A new run in a folder that has none.
 *
 * @throws {RuntimeFault} `run-begun` where it has.
 */
export function beginRun(run: string, seed: number): RunStart {
  const { checkpoint } = recoverRun(run);
  if (checkpoint !== undefined) throw fault("run-begun", { path: run, steps: checkpoint.step });
  return { state: { step: 0, samples: 0, seed }, metricsBytes: 0, source: undefined, warnings: [] };
}

/** The run of a folder, from its newest checkpoint that is whole; from the start where there is none. */
export function resumeRun(run: string, seed: number): RunStart {
  const { checkpoint, bad, removed } = recoverRun(run);
  const warnings = [
    ...bad.map(({ name, reason }) => `the checkpoint ${name} is passed over: ${reason}`),
    ...removed.map((name) => `${name} was half-written, and is removed`),
  ];
  if (checkpoint === undefined) return { ...beginRun(run, seed), warnings };
  const { folder, files, metricsBytes } = checkpoint;
  const state = parseRunState(checkpoint.state);
  if (state === undefined)
    throw fault("run-damaged", {
      path: folder,
      reason: "its state.json does not say where the run stood",
    });
  nameBest(run, state);
  return { state, metricsBytes, source: checkpointSource(folder, Object.keys(files)), warnings };
}

/** A kill between a checkpoint and its name leaves `best` as it was before. */
function nameBest(run: string, { best }: RunState): void {
  if (best === undefined) return;
  const { best: path, checkpoints } = runPaths(run);
  const name = checkpointName(best.step);
  if (existsSync(join(checkpoints, name))) nameCheckpoint(path, name);
}
