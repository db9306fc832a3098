import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import { compileStage, type StageRequest } from "../../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { StageArtifact } from "../../../compiler/stage-artifact.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { Session } from "../../../runtime/session.ts";
import { BatchFile } from "../../../runtime/train/batch-file.ts";
import { readingCheckpoints } from "../../../runtime/train/checkpoint-tensors.ts";
import { beginRun, resumeRun } from "../../../runtime/train/open-run.ts";
import type { StepMetrics, TrainEvent } from "../../../runtime/train/train-events.ts";
import { type TrainOptions, trainSteps } from "../../../runtime/train/train-steps.ts";

/** The only stage of a text as a step that trains. */
export function trainingArtifact(
  device: Device,
  text: string,
  asked: Pick<StageRequest, "precision" | "memory" | "keepFrozen"> = {},
): StageArtifact {
  const entry = "train.weft";
  const stage = /stage (\w+)/.exec(text)?.[1] ?? "";
  const loader = memoryLoader(entry, text);
  const profile = deviceProfile(device);
  const request = { entry, loader, stage, profile, purpose: "train", ...asked } as const;
  const { artifact, diagnostics } = compileStage(request);
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return readingCheckpoints(artifact);
}

interface Training extends Partial<Pick<TrainOptions, "steps" | "signal" | "frozen">> {
  readonly run: string;
  /** A file with the records of the steps. */
  readonly batches: string;
  /** Of the first weights. */
  readonly seed?: number;
  /** Goes on with the run of the folder. */
  readonly resumes?: boolean;
}

/** Trains it in a new run; for as many steps as the file has, where nothing else is said. */
export async function trainArtifact(
  device: Device,
  artifact: StageArtifact,
  { run, seed = 1, resumes = false, ...told }: Training,
): Promise<readonly TrainEvent[]> {
  const { state: from, metricsBytes, source } = (resumes ? resumeRun : beginRun)(run, seed);
  const session = await Session.create(artifact, device, source ?? `random:${seed}`);
  const batches = BatchFile.open(told.batches);
  const own = { run, from, metricsBytes, steps: batches.steps, keep: 1, shapes: {}, watches: [] };
  const events: TrainEvent[] = [];
  try {
    const going = trainSteps(session, batches, { ...own, ...told });
    for await (const event of going) events.push(event);
  } finally {
    batches.close();
    session.dispose();
  }
  return events;
}

export function metricsIn(events: readonly TrainEvent[]): readonly StepMetrics[] {
  return events.flatMap((event) => (event.kind === "step" ? [event] : []));
}
