import type { ExperimentSyntax, StageSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { LoadedFile } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import type { CellChanges } from "../variants/cell-changes.ts";
import type { Subject } from "../variants/find-subject.ts";
import type { MadeModel } from "../variants/make-model.ts";

/** What the check of an experiment found out: names resolved, values evaluated. Its cells are made from this record. */
export interface CheckedExperiment {
  readonly syntax: ExperimentSyntax;
  readonly file: LoadedFile;
  readonly subject: Subject;
  /** Where it names its model. */
  readonly place: Span;
  /** The model as it is declared. */
  readonly declared: MadeModel;
  /** What its cells train; undefined where nothing says it, or after a report. */
  readonly run: CheckedRun | undefined;
  readonly grid: Grid;
  /** From the first to behind the last; undefined where none are said. */
  /** The combinations that every `where` keeps, the last dimension fastest, and the others. */
  readonly kept: readonly Combination[];
  readonly leftOut: readonly LeftOut[];
  /** By the number of a dimension: the choice of the cell that others are compared with; undefined without a baseline. */
  readonly baseline: ReadonlyMap<number, number> | undefined;
  readonly halving: { readonly by: number; readonly from: number; readonly on: string } | undefined;
  readonly seeds: { readonly from: number; readonly to: number } | undefined;
  readonly measures: readonly CheckedMeasure[];
  readonly reports: readonly CheckedReport[];
}

type RunUnit = "steps" | "minutes" | "flops";

/** What a run trains. */
export interface RunStage {
  readonly stage: StageSyntax;
  /** Of the stage. */
  readonly file: LoadedFile;
  /** Undefined where all phases are run. */
  readonly phase: string | undefined;
}

export interface CheckedRun extends RunStage {
  readonly length: { readonly unit: RunUnit; readonly amount: number } | undefined;
  /** What the stage or the phase sets in the model, which cells go on from. */
  readonly overrides: readonly ModelOverride[];
  readonly span: Span;
}

/** One choice of the grid: a value of a `set ... in`, a part of a `replace ... in`, a turn of a `pair`, a `case`, a point drawn. */
export interface Choice extends CellChanges {
  /** Values as tables write them, by the path that they are of. */
  readonly values: ReadonlyMap<string, string>;
  /** Name of the case. */
  readonly name: string | undefined;
}

export interface Grid {
  /** What every cell has. */
  readonly fixed: Choice;
  /** Each `in`, and all cases together at the place of the first: its choices. */
  readonly dimensions: readonly Dimension[];
  /** Paths that the experiment changes: columns of its reports. */
  readonly paths: readonly string[];
}

/** One choice of each dimension. */
export interface Combination extends Choice {
  /** The number of the choice, by dimension. */
  readonly at: readonly number[];
}

export interface LeftOut {
  readonly combination: Combination;
  /** The `where`. */
  readonly by: Span;
}

export interface Dimension {
  /** Paths that it varies; of cases `case` before them. */
  readonly names: readonly string[];
  readonly choices: readonly Choice[];
}

export interface CheckedMeasure {
  readonly name: string;
  readonly task: string;
  readonly settings: Readonly<Record<string, ModelOverride["value"]>>;
  readonly fields: readonly string[];
}

export type CheckedReport =
  | { readonly kind: "table"; readonly columns: readonly string[] }
  | {
      readonly kind: "plot";
      readonly column: string;
      readonly over: string;
      readonly by: string | undefined;
    };
