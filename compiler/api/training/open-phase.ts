import type { Session } from "../../../runtime/session.ts";
import type { BatchSource } from "../../../runtime/train/batch-source.ts";
import { readingCheckpoints } from "../../../runtime/train/checkpoint-tensors.ts";
import type { RunStart } from "../../../runtime/train/open-run.ts";
import {
  type CheckpointSource,
  parseWeightSource,
  type WeightSource,
} from "../../../runtime/weights/weight-source.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { TrainingOptions } from "../library-types.ts";
import type { PhaseProgram } from "./phase-programs.ts";
import type { TrainingRecords } from "./training-records.ts";

/** A phase on its device, with the weights and states that the run has. */
export interface OpenPhase {
  readonly program: PhaseProgram;
  readonly session: Session;
  readonly batches: BatchSource;
  close(): void;
}

/** What phases are opened with. */
export interface PhaseHost {
  readonly open: (artifact: StageArtifact, source: WeightSource) => Promise<Session>;
  readonly records: TrainingRecords;
}

/** The phase in which a run goes on after so many steps; the last one where all are done. */
export function phaseAt(phases: readonly PhaseProgram[], step: number): PhaseProgram {
  const found = phases.find(({ to }) => step < to) ?? phases.at(-1);
  invariant(found !== undefined, "a run has a phase");
  return found;
}

/** Opens the phase in which a run goes on. */
export async function openPhase(
  phases: readonly PhaseProgram[],
  start: RunStart,
  options: TrainingOptions,
  { open, records }: PhaseHost,
): Promise<OpenPhase> {
  const program = phaseAt(phases, start.state.step);
  const batches = records.ofPhase(program.phase).open(program.artifact, start.state.seed);
  try {
    const session = await openAt(program, start, options, open);
    const close = (): void => {
      session.dispose();
      batches.close();
    };
    return { program, session, batches, close };
  } catch (error) {
    batches.close();
    throw error;
  }
}

/**
 * A run that begins has its first weights, and one that goes on all that its checkpoint has. A phase that begins behind
 * another takes the weights of the checkpoint alone, as it would take those of any file: what the optimizer keeps begins
 * anew, and so do means of the weights.
 */
function openAt(
  { artifact, from }: PhaseProgram,
  { state, source }: RunStart,
  { weights = `random:${state.seed}` }: TrainingOptions,
  open: PhaseHost["open"],
): Promise<Session> {
  const first = parseWeightSource(weights);
  if (source === undefined) return open(artifact, first);
  if (state.step > from || from === 0) return open(readingCheckpoints(artifact), source);
  return open(artifact, weightsAlone(source, first));
}

/** The weights of a checkpoint; what it has not got, because no phase reached it, comes from the first weights. */
function weightsAlone({ path, files }: CheckpointSource, first: WeightSource): CheckpointSource {
  const own = files.filter(({ prefix }) => prefix === "");
  const others = first.kind === "random" ? [] : first.files;
  return {
    kind: "checkpoint",
    path,
    files: [...own, ...others.map((one) => ({ ...one, isSpare: true }))],
  };
}
