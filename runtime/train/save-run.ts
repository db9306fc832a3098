import { join } from "node:path";
import type { MetricsLog } from "../runs/metrics-log.ts";
import { pruneCheckpoints } from "../runs/prune-checkpoints.ts";
import { meansFile, runPaths, weightsFile } from "../runs/run-folder.ts";
import {
  nameCheckpoint,
  type Pieces,
  withLooseFiles,
  writeCheckpoint,
} from "../runs/write-checkpoint.ts";
import type { Session } from "../session.ts";
import type { Shapes } from "../weights/key-pieces.ts";
import { checkpointTensors } from "./checkpoint-tensors.ts";
import type { HeldOutMetrics, RunState, StepMetrics, TrainEvent } from "./train-events.ts";

export interface SaveOptions {
  /** Folder of the run, which the caller has locked. */
  readonly run: string;
  /** How many checkpoints stay, beside the best one. */
  readonly keep: number;
  /** Shapes of the checkpoint that the weights came from, by key; none where it was initialisers. */
  readonly shapes: Shapes;
  /** Files that go into each checkpoint as they are, by name. */
  readonly beside?: Readonly<Record<string, Uint8Array>> | undefined;
  /** Looks at records that are not trained on with the weights of a checkpoint's folder. */
  readonly measure?: ((folder: string) => Promise<HeldOutMetrics>) | undefined;
}

/** Writes the checkpoints of a run, looks how good they are, and keeps the last ones and the best. */
export class RunSaver {
  readonly #session: Session;
  readonly #log: MetricsLog;
  readonly #options: SaveOptions;
  #losses: NonNullable<RunState["losses"]>;
  #best: RunState["best"];

  constructor(session: Session, log: MetricsLog, options: SaveOptions, from: RunState) {
    this.#session = session;
    this.#log = log;
    this.#options = options;
    this.#losses = from.losses ?? none;
    this.#best = from.best;
  }

  /** Takes notice of a step. */
  noteStep({ loss }: StepMetrics): void {
    if (!Number.isFinite(loss)) return;
    const { sum, count } = this.#losses;
    this.#losses = { sum: sum + loss, count: count + 1 };
  }

  /**
   * Writes the checkpoint of a state. Only those are measured and compared that a run left alone writes too: where it was
   * broken off must not show in what comes later.
   *
   * @throws {RuntimeFault} `file-unreadable` where the disk refuses: the folder is as before.
   */
  async save(state: RunState, isCompared: boolean): Promise<readonly TrainEvent[]> {
    const { run, keep, beside = {} } = this.#options;
    const { step } = state;
    const others = Object.entries(beside).map(([name, bytes]) => [name, [bytes]] as const);
    let measured: HeldOutMetrics | undefined;
    let then = { losses: this.#losses, best: this.#best };
    const name = await writeCheckpoint<RunState>(run, {
      step,
      files: { ...this.#tensorFiles(), ...Object.fromEntries(others) },
      look: async (part) => {
        if (isCompared) {
          measured = await this.#measured(part, state);
          then = { losses: none, best: this.#better(step, measured) };
        }
        return { state: { ...state, ...then }, metricsBytes: this.#log.sync() };
      },
    });
    this.#losses = then.losses;
    this.#best = then.best;
    const isBest = isCompared && this.#best?.step === step;
    if (isBest) nameCheckpoint(runPaths(run).best, name);
    pruneCheckpoints(run, keep);
    const folder = join(runPaths(run).checkpoints, name);
    const saved: TrainEvent = { kind: "checkpoint", step, folder, isBest };
    return measured === undefined ? [saved] : [{ kind: "held_out", step, ...measured }, saved];
  }

  /**
   * Measures held-out records where no checkpoint is due, with the weights that one would have.
   *
   * @throws {RuntimeFault} as `save`.
   */
  async measure(state: RunState): Promise<readonly TrainEvent[]> {
    const { run } = this.#options;
    const { step } = state;
    const files = Object.entries(this.#tensorFiles()).filter(([name]) => isOfWeights(name));
    const measured = await withLooseFiles(run, step, Object.fromEntries(files), (part) =>
      this.#measured(part, state),
    );
    return measured === undefined ? [] : [{ kind: "held_out", step, ...measured }];
  }

  #tensorFiles(): Readonly<Record<string, Pieces>> {
    const { artifact } = this.#session;
    const tensors = Object.entries(checkpointTensors(artifact, this.#options.shapes));
    const files = tensors.map(([name, some]) => [name, this.#session.bytesOf(some)] as const);
    return Object.fromEntries(files);
  }

  /** Looks at held-out records, where there are any, and writes down what was found. */
  async #measured(
    folder: string,
    { step, samples }: RunState,
  ): Promise<HeldOutMetrics | undefined> {
    const measured = await this.#options.measure?.(folder);
    if (measured !== undefined) this.#log.append({ step, samples, held_out: measured });
    return measured;
  }

  #better(step: number, measured: HeldOutMetrics | undefined): RunState["best"] {
    const { sum, count } = this.#losses;
    const loss = measured?.loss ?? sum / count;
    const isBetter =
      Number.isFinite(loss) && !(loss >= (this.#best?.loss ?? Number.POSITIVE_INFINITY));
    return isBetter ? { step, loss } : this.#best;
  }
}

const isOfWeights = (name: string) => name === weightsFile || name === meansFile;
const none = { sum: 0, count: 0 } as const;
