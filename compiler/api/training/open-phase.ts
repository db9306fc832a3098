import type { Device } from "../../../runtime/device/device.ts";
import { Session } from "../../../runtime/session.ts";
import { batchSamples } from "../../../runtime/train/batch-inputs.ts";
import type { BatchSource } from "../../../runtime/train/batch-source.ts";
import { readingCheckpoints } from "../../../runtime/train/checkpoint-tensors.ts";
import type { FrozenStore } from "../../../runtime/train/frozen-store.ts";
import { measureHeldOut } from "../../../runtime/train/held-out.ts";
import type { RunStart } from "../../../runtime/train/open-run.ts";
import type { HeldOutMetrics } from "../../../runtime/train/train-events.ts";
import {
  type CheckpointSource,
  parseWeightSource,
  type WeightSource,
  weightsIn,
} from "../../../runtime/weights/weight-source.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { TrainingOptions } from "../library-types.ts";
import type { PhaseProgram } from "./phase-programs.ts";
import type { TrainingRecords } from "./run-records.ts";

/** Who trains: with which device, and how a program is brought to it. */
export interface PhaseHost {
  readonly device: Device;
  readonly open: (
    artifact: StageArtifact,
    source: WeightSource,
    device: Device,
  ) => Promise<Session>;
  readonly records: TrainingRecords;
  /** What frozen parts made of samples in other runs, and what they make in this one. */
  readonly frozen?: FrozenStore | undefined;
}

/** A phase on its device, with the weights and states that the run has. */
export interface OpenPhase {
  readonly program: PhaseProgram;
  readonly session: Session;
  readonly batches: BatchSource;
  /** Looks at held-out records with the weights in a checkpoint's folder; undefined where there are none. */
  readonly measure: ((folder: string) => Promise<HeldOutMetrics>) | undefined;
  close(): void;
}

/** The phase in which a run goes on after so many steps; the last one where all are done. */
function phaseAt(phases: readonly PhaseProgram[], step: number): PhaseProgram {
  const found = phases.find(({ to }) => step < to) ?? phases.at(-1);
  invariant(found !== undefined, "a run has a phase");
  return found;
}

/** Opens the phase in which a run goes on. */
export async function openPhase(
  phases: readonly PhaseProgram[],
  start: RunStart,
  options: TrainingOptions,
  host: PhaseHost,
): Promise<OpenPhase> {
  const program = phaseAt(phases, start.state.step);
  const opened: (() => void)[] = [];
  const close = (): void => {
    for (const one of opened.splice(0)) one();
  };
  try {
    const { seed } = start.state;
    const batches = host.records.ofPhase(program.phase).open(program.artifact, seed);
    opened.push(() => batches.close());
    const session = await openAt(program, start, options, host);
    opened.push(() => session.dispose());
    const heldOut = await openHeldOut(program, seed, host);
    if (heldOut !== undefined) opened.push(heldOut.close);
    return { program, session, batches, measure: heldOut?.measure, close };
  } catch (error) {
    close();
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
  { open, device }: PhaseHost,
): Promise<Session> {
  const first = parseWeightSource(weights);
  if (source === undefined) return open(artifact, first, device);
  if (state.step > from || from === 0) return open(readingCheckpoints(artifact), source, device);
  return open(artifact, weightsAlone(source, first), device);
}

/** The weights of a checkpoint; what it has not got, because no phase reached it, comes from the first weights. */
function weightsAlone({ path, files }: CheckpointSource, first: WeightSource): CheckpointSource {
  const own = files.filter(({ prefix }) => prefix === "");
  const others = first.kind === "random" ? [] : first.files;
  const spare = others.map((one) => ({ ...one, isSpare: true }));
  return { kind: "checkpoint", path, files: [...own, ...spare] };
}

interface HeldOut {
  readonly measure: NonNullable<OpenPhase["measure"]>;
  readonly close: () => void;
}

/** The loss alone of a phase, over held-out records; undefined where there are none. */
export async function openHeldOut(
  { evaluation, phase }: PhaseProgram,
  seed: number,
  { device, records }: Pick<PhaseHost, "device" | "records">,
): Promise<HeldOut | undefined> {
  const own = records.heldOut?.(phase);
  if (evaluation === undefined || own === undefined) return undefined;
  const steps = own.wholeBatches(batchSamples(evaluation));
  const batches = own.open(evaluation, seed);
  try {
    // Filled anew for each look.
    const session = await Session.create(evaluation, device, `random:${seed}`);
    return {
      measure: (folder) => {
        const files = weightsIn(folder);
        const weights = { kind: "checkpoint", path: folder, files } as const;
        return measureHeldOut(session, { batches, steps }, weights, seed);
      },
      close() {
        session.dispose();
        batches.close();
      },
    };
  } catch (error) {
    batches.close();
    throw error;
  }
}
