import type { Cell, Study } from "../../../compiler/api/studies/study.ts";
import type {
  CellResults,
  CellRun,
  StudyResults,
} from "../../../compiler/api/studies/study-results.ts";
import { uniformBits } from "../../../runtime/numbers/uniform.ts";

interface SampleOptions {
  /** Values of each dimension, by its path; cells are all combinations. */
  readonly dimensions: Readonly<Record<string, readonly (string | number)[]>>;
  readonly seeds: number;
  readonly steps?: number;
  /** How far seeds scatter, beside what the cells differ by. */
  readonly noise?: number;
  /** Name of the cell that all are compared with. */
  readonly baseline?: string;
  readonly reports?: Study["reports"];
  /** Another study of the same cells has other numbers. */
  readonly seed?: number;
}

/** A study that ran as somebody has made it up: the same numbers each time, with more capacity a lower loss. */
export function sampleStudy(options: SampleOptions): StudyResults {
  const { dimensions, seeds, reports = [], baseline } = options;
  const paths = Object.keys(dimensions);
  const combinations = paths.reduce<readonly Readonly<Record<string, string>>[]>(
    (found, path) =>
      found.flatMap((own) =>
        (dimensions[path] ?? []).map((value) => ({ ...own, [path]: String(value) })),
      ),
    [{}],
  );
  const cells = combinations.map((values, at) => sampleCell(values, at, baseline));
  const study: Study = {
    name: "sample",
    cells,
    model: "Sorter",
    leftOut: [],
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    run: { kind: "steps", amount: options.steps ?? 300 },
    halving: undefined,
    measures: [{ name: "emoji", task: "retrieval", settings: {}, fields: ["image_r1"] }],
    reports,
    dimensions: paths,
    notes: [],
  };
  return {
    study,
    device: "a sample device",
    cells: cells.map((cell, at) => ({
      cell,
      isCurrent: true,
      runs: study.seeds.map((seed) => sampleRun(at, seed, cells.length, options)),
    })),
  };
}

function sampleCell(
  values: Readonly<Record<string, string>>,
  at: number,
  baseline: string | undefined,
): Cell {
  const name = Object.entries(values)
    .map(([path, value]) => `${path.split(".").at(-1)}=${value}`)
    .join(" ");
  const size = 1 + at * 0.35;
  return {
    name,
    identity: at.toString(16).padStart(64, "0"),
    difference: Object.entries(values).map(([path, value]) => ({ path, kind: "set", value })),
    values,
    stage: "contrast",
    phase: undefined,
    steps: 300,
    start: undefined,
    starts: [],
    data: [],
    baseline: name === baseline ? undefined : baseline,
    cost: {
      parameters: Math.round(2_000_000 * size),
      trainable: Math.round(1_500_000 * size),
      macsPerStep: Math.round(3e9 * size),
      macs: Math.round(3e7 * size),
      flopsPerStep: Math.round(6e9 * size),
      peakBytes: Math.round(9e7 * size),
      dispatches: 200 + at,
      parts: { "vision_model.params": Math.round(1e6 * size) },
    },
  };
}

function sampleRun(at: number, seed: number, cells: number, options: SampleOptions): CellRun {
  const { steps = 300, noise = 0.02, seed: base = 0 } = options;
  const chance = (what: number): number => uniformBits(at, base, seed, what) / 2 ** 24 - 0.5;
  const shared = uniformBits(9999, base, seed, 0) / 2 ** 24 - 0.5;
  const quality = cells === 1 ? 0.5 : at / (cells - 1);
  const final = 1 - 0.4 * quality + noise * (2 * shared + chance(0));
  const recall = 0.3 + 0.35 * quality - noise * (shared + chance(1));
  return {
    seed,
    state: "done",
    reason: undefined,
    history: Array.from({ length: steps }, (_, n) => {
      const loss = final + 3 * Math.exp(-n / (20 + 2 * at)) + 0.15 * noise * chance(n + 2);
      const step = n + 1;
      return {
        step,
        samples: 32 * step,
        flops: 6e9 * (1 + at * 0.35) * step,
        minutes: (step * (4 + at * 0.7)) / 600,
        values: { loss, accuracy: Math.max(0, 1 - loss / 4) },
      };
    }),
    measures: { loss: final, "emoji.image_r1": recall },
    peakBytes: 9e7 * (1 + at * 0.35),
    stepMs: 40 + 7 * at + 3 * chance(1),
    pictures: [],
  };
}

/** The same study with some of its runs changed; undefined takes a run away. */
export function withRuns(
  results: StudyResults,
  change: (run: CellRun, cell: CellResults, at: number) => CellRun | undefined,
): StudyResults {
  return {
    ...results,
    cells: results.cells.map((cell, at) => ({
      ...cell,
      runs: cell.runs.flatMap((run) => change(run, cell, at) ?? []),
    })),
  };
}
