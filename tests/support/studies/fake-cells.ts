import type { MeasureCell, TrainCell } from "../../../compiler/api/studies/work/cell-work.ts";
import { MetricsLog } from "../../../runtime/runs/metrics-log.ts";
import { recoverRun } from "../../../runtime/runs/recover-run.ts";
import { writeCheckpoint } from "../../../runtime/runs/write-checkpoint.ts";

interface FakeCells {
  readonly train: TrainCell;
  readonly measure: MeasureCell;
  /** `cell/seed from step` of every run that was begun or gone on with. */
  readonly runs: string[];
  /** `cell/seed measure` of every measuring, `all` where no one measure was asked for. */
  readonly measured: string[];
}

/** What decides how cells fare. */
interface FakeOptions {
  /** The loss of a cell after a step. */
  readonly loss?: (cell: string, seed: number, step: number) => number;
  /** What the measure of a cell finds. */
  readonly score?: (cell: string, seed: number) => number;
  /** Told before each step; may throw, which is how a cell fails. */
  readonly onStep?: (cell: string, seed: number, step: number) => void;
}

/** Cells that compute nothing and leave what a run leaves. Each step takes a second of a device. */
export function fakeCells({
  loss = () => 1,
  score = (_, seed) => seed,
  onStep,
}: FakeOptions = {}): FakeCells {
  const runs: string[] = [];
  const measured: string[] = [];
  const train: TrainCell = async function* (request) {
    const { cell, seed, out, steps = 12, until = Number.POSITIVE_INFINITY, signal } = request;
    const { checkpoint } = recoverRun(out);
    let step = checkpoint?.step ?? 0;
    runs.push(`${cell.name}/${seed} from ${step}`);
    const log = MetricsLog.open(out, checkpoint?.metricsBytes ?? 0);
    try {
      yield { kind: "opened", bytes: 4096, device: "none" };
      while (step < Math.min(steps, until) && !signal.aborted) {
        onStep?.(cell.name, seed, step + 1);
        step += 1;
        const numbers = { step, samples: 4 * step, loss: loss(cell.name, seed, step) };
        const speed = { samplesPerSecond: 4, idle: 0, memory: 0, time: 0 };
        log.append({ ...numbers, watches: {}, ...speed });
        yield { kind: "step", ...numbers, scalars: {}, ...speed };
      }
      await writeCheckpoint(out, {
        step,
        files: { "weights.safetensors": [Uint8Array.of(step)] },
        look: async () => ({ state: { step }, metricsBytes: log.sync() }),
      });
      yield { kind: "done", step, samples: 4 * step, isComplete: step >= steps };
    } finally {
      log.close();
    }
  };
  const measure: MeasureCell = async ({ cell, seed, only = "all" }) => {
    measured.push(`${cell.name}/${seed} ${only}`);
    return { values: { "probe.score": score(cell.name, seed) }, pictures: [] };
  };
  return { train, measure, runs, measured };
}
