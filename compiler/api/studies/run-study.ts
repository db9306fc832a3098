import type { StopSignal } from "../../../runtime/train/train-steps.ts";
import type { StageOptions } from "../compile-options.ts";
import { chosenCells } from "./choose-cells.ts";
import { estimateStudy, type MeasureShape } from "./estimate/estimate-study.ts";
import type { Pace, StudyDocument, StudyTraining } from "./folder/document-form.ts";
import { openStudy, retryFailed } from "./folder/open-study.ts";
import { usualPace } from "./folder/study-document.ts";
import type { StudyPlan } from "./folder/study-plan.ts";
import { startWorkers } from "./launchers/launcher.ts";
import type { Launcher } from "./launchers/parse-launcher.ts";
import type { Workers } from "./launchers/workers.ts";
import { measureCells } from "./measures/measure-cells.ts";
import { openMeasures } from "./measures/open-measures.ts";
import type { Study } from "./study.ts";
import { type StudyOutcome, studyOutcome } from "./study-outcome.ts";
import type { MeasureCell, TrainCell, WorkEvent } from "./work/cell-work.ts";
import { trainCells } from "./work/train-cells.ts";
import { workOnStudy } from "./work/work-on-study.ts";

export interface RunStudyOptions {
  /** The file with the experiment. */
  readonly file: StageOptions["file"];
  /** The folder of the study. */
  readonly out: string;
  /** How its cells are trained beside what they resolve to. */
  readonly training: StudyTraining;
  /** Go on with the study in the folder. */
  readonly resume?: boolean | undefined;
  /** Try cells again that have failed. */
  readonly retryFailed?: boolean | undefined;
  /** A cell by its name or hash, `CELL/SEED` with one seed: nothing else is run. */
  readonly only?: string | undefined;
  /** Workers at a time. Default 1. */
  readonly jobs?: number | undefined;
  readonly launcher?: Launcher | undefined;
  /** Measure what each shape takes before anything runs. Default `true`. */
  readonly estimate?: boolean | undefined;
  /** Milliseconds after which what is going on is brought to a checkpoint and left. */
  readonly budgetMs?: number | undefined;
  /** Ends what is going on with a checkpoint. */
  readonly signal?: StopSignal | undefined;
  readonly pace?: Pace | undefined;
  /** Told when the folder is made and planned, before the first run. */
  readonly onPlan?: ((document: StudyDocument, plan: StudyPlan) => void) | undefined;
  readonly onEvent?: ((event: WorkEvent) => void) | undefined;
  /** Told of what should be known and is no event of a cell. */
  readonly onNote?: ((text: string) => void) | undefined;
  /** In the place of what trains and measures by default. */
  readonly trainCell?: TrainCell | undefined;
  readonly measureCell?: MeasureCell | undefined;
  readonly measureShape?: MeasureShape | undefined;
}

/**
 * Runs the cells of a study, or goes on with them: those that are done are not run again, and one that fails stops no other.
 * With one job they run in this process, else in workers of their own.
 *
 * @throws {RuntimeFault} `eval-request`, `study-begun`, `study-other`, `study-folder-unsafe`, `study-cell-unknown`, `launcher-failed`, before
 * anything runs.
 */
export async function runStudy(study: Study, options: RunStudyOptions): Promise<StudyOutcome> {
  const { out, file, training, resume = false, pace = usualPace, only, jobs = 1 } = options;
  // Data that measures lack are told before anything is written.
  if (options.measureCell === undefined) openMeasures(study.measures);
  const document = await openStudy(out, study, { file, training, resume, pace });
  if (only !== undefined) chosenCells(study, only, document.folders);
  if (options.retryFailed === true) retryFailed(out, document);
  const plan = await estimateStudy(out, document, options);
  options.onPlan?.(document, plan);
  const stop = stopperOf(options);
  const { launcher = { kind: "local" } } = options;
  if (launcher.kind === "local" && jobs === 1) await workHere(out, document, options, stop);
  else await workElsewhere(startWorkers(out, document, { launcher, jobs, only }), options, stop);
  return studyOutcome(out, document);
}

async function workHere(
  folder: string,
  document: StudyDocument,
  { only, trainCell, measureCell, onEvent }: RunStudyOptions,
  signal: StopSignal,
): Promise<void> {
  const train = trainCell ?? trainCells(folder, document);
  const measure = measureCell ?? measureCells(folder, document);
  const events = workOnStudy(folder, { train, measure, signal, only });
  for await (const event of events) onEvent?.(event);
}

async function workElsewhere(
  starting: Promise<Workers>,
  { onNote }: RunStudyOptions,
  signal: StopSignal,
): Promise<void> {
  const workers = await starting;
  onNote?.(workers.note);
  if (workers.ended === undefined) return;
  const timer = setInterval(() => {
    if (signal.aborted) workers.stop();
  }, 200);
  try {
    await workers.ended;
  } finally {
    clearInterval(timer);
  }
}

/** Aborted by the caller's signal, or when the time is up. */
function stopperOf({ signal, budgetMs = Number.POSITIVE_INFINITY }: RunStudyOptions): StopSignal {
  const end = performance.now() + budgetMs;
  return {
    get aborted() {
      return signal?.aborted === true || performance.now() >= end;
    },
  };
}
