import type { TrainingOptions } from "../../library-types.ts";
import type { Cell, Study } from "../study.ts";

/** How the cells of a study are trained, beside what each of them resolves to: plain data, as `weft train` takes it. */
export type StudyTraining = Pick<
  TrainingOptions,
  | "data"
  | "split"
  | "batches"
  | "heldOut"
  | "heldOutSplit"
  | "workers"
  | "badRecords"
  | "tokenizer"
  | "questionTokenizer"
  | "set"
  | "weights"
  | "config"
  | "layout"
  | "precision"
  | "memory"
  | "piece"
  | "saveEvery"
  | "keep"
  | "keepFrozen"
  | "tuned"
  | "guard"
> & {
  /** `auto`, `hardware`, `software`, or part of an adapter's name. */
  readonly device?: string | undefined;
};

/** `study.json`: all that a worker has to know. */
export interface StudyDocument {
  readonly format: 1;
  /** Version and build of the compiler that the study was last begun by. */
  readonly weft: string;
  readonly study: Study;
  /** Of each cell by its identity, below `cells/`. */
  readonly folders: Readonly<Record<string, string>>;
  /** All that there ever were, by what is in them: a cell with its data and weights. One that got another name stays there. */
  readonly works: Readonly<Record<string, string>>;
  /** Cells of earlier texts, data or weights that are no more asked for. */
  readonly vanished: readonly VanishedCell[];
  /** Where the experiment stands: a path below the study's folder. */
  readonly file: string;
  readonly training: StudyTraining;
  /** The folder from which paths in texts and options lead. */
  readonly workingFolder: string;
  readonly pace: Pace;
}

/** How workers tell each other that they live, in milliseconds. */
export interface Pace {
  readonly beatMs: number;
  /** An owner whose counter stands still for so long is taken for gone. */
  readonly silentMs: number;
  /** Between two looks at what others do. */
  readonly lookMs: number;
}

export interface VanishedCell {
  readonly cell: Cell;
  readonly folder: string;
}
