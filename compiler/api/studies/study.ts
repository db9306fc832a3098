import type {
  CheckedMeasure,
  CheckedReport,
} from "../../2-check/experiments/checked-experiment.ts";

/**
 * An experiment as it was resolved: what its cells are, how each is trained and measured, and what is to be told of
 * them. Plain data, so that it is written into the folder of the study as it stands.
 */
export interface Study {
  /** Name of the `experiment`. */
  readonly name: string;
  /** Name of the model that its cells are variants of. */
  readonly model: string;
  /** In the order of the text: the last dimension varies fastest. */
  readonly cells: readonly Cell[];
  /** Combinations that `where` leaves out, with the line that does. */
  readonly leftOut: readonly LeftOutCell[];
  readonly seeds: readonly number[];
  readonly run: RunLength;
  /** Early ends of bad cells: `halve by 3 from 100 steps on loss`. */
  readonly halving: Halving | undefined;
  readonly measures: readonly Measure[];
  readonly reports: readonly ReportRequest[];
  /** Paths that the experiment varies, in the order in which it names them, and `case` where it has cases. */
  readonly dimensions: readonly string[];
  /** Everything that the user is told before something runs: `where` that leaves nothing out, seeds that are too few. */
  readonly notes: readonly string[];
}

export interface Cell {
  /** For people: name of the case, then `path=value` of the dimensions, each path by its shortest unique tail. */
  readonly name: string;
  /** SHA-256 of what the cell resolves to, without its seed: equal for equal work, whatever the cell is called. */
  readonly identity: string;
  /** What is different from the model and the stage, sorted by path. */
  readonly difference: readonly CellDifference[];
  /** Value of each dimension of the study as it is written in tables; `default` for a path that the cell leaves. */
  readonly values: Readonly<Record<string, string>>;
  readonly stage: string;
  readonly phase: string | undefined;
  /** Steps of training; undefined for minutes, where the run finds out. */
  readonly steps: number | undefined;
  /** Where the weights come from before training: a run's folder; undefined for initialisers or what the command names. */
  readonly start: string | undefined;
  /** The same, and where it says nothing what its stage starts from, as `--weights` takes them. */
  readonly starts: readonly string[] | undefined;
  /** Data sets that the cell names in the place of the command's. */
  readonly data: readonly string[];
  /** Name of the cell that this one is compared with; undefined without a `baseline`, and for a baseline itself. */
  readonly baseline: string | undefined;
  readonly cost: CellCost;
}

export interface CellDifference {
  readonly path: string;
  readonly kind: "set" | "replace" | "data";
  /** Canonical: numbers as the shortest decimals, parts fully applied. */
  readonly value: string;
}

export interface CellCost {
  readonly parameters: number;
  readonly trainable: number;
  /** Exact multiply-accumulates of one step, forward and backward, in the first phase that is run. */
  readonly macsPerStep: number;
  /** Of the loss for one sample, forward, as `inspect` counts, in the last phase: what the model has become. */
  readonly macs: number;
  readonly flopsPerStep: number;
  /** Of all buffers; where the program is not planned at least so many: gradients, and what is trained with its moments. */
  readonly peakBytes: number;
  /** False where neither kernels nor bytes were planned: programs of the largest models are only counted. */
  readonly isPlanned?: false;
  /** What frozen parts make of a sample the same way at every step, as text; absent where they make nothing. */
  readonly frozen?: readonly string[];
  /** Of one step; 0 where nothing is planned. */
  readonly dispatches: number;
  /** Parameters and multiply-accumulates of parts that a report asks for: `vision_model.params`. */
  readonly parts: Readonly<Record<string, number>>;
}

export interface LeftOutCell {
  readonly name: string;
  /** `file:line` of the `where`. */
  readonly by: string;
}

/** Three different questions: equal steps, equal time on the device, equal compute. */
export type RunLength =
  | { readonly kind: "stage" }
  | { readonly kind: "steps"; readonly amount: number }
  | { readonly kind: "minutes"; readonly amount: number }
  | { readonly kind: "flops"; readonly amount: number };

export interface Halving {
  readonly by: number;
  /** Steps of the first rung. */
  readonly from: number;
  readonly on: string;
}

/** What reports call it, the evaluation (`retrieval`, `loss`) with its settings, and the numbers that it gives. */
export type Measure = CheckedMeasure;

export type ReportRequest = CheckedReport;
