import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Item } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { type MadeModel, makeModel } from "../variants/make-model.ts";
import { canonicalProgram } from "./canonical-program.ts";
import type { CheckedExperiment, CheckedRun, Choice } from "./checked-experiment.ts";
import { type Difference, differenceOf } from "./difference.ts";

/** One combination of the grid, in its model. */
export interface ResolvedCell {
  readonly changes: Choice;
  readonly run: CheckedRun;
  readonly model: MadeModel;
  /** All that was set in it. */
  readonly overrides: readonly ModelOverride[];
  /** What is different from the model and the stage, sorted by path. */
  readonly difference: readonly Difference[];
  /** All that the program of the cell is made of, as `canonicalProgram` has it. */
  readonly program: string;
}

interface ResolveOptions {
  /** Overrides that go before those of the cell. */
  readonly above?: readonly ModelOverride[];
  /** `canonicalProgram`, or the same with a memory where there are many cells. */
  readonly programOf?: typeof canonicalProgram;
}

/** The model of a cell, and what it is in the end; undefined after a report. */
export function resolveCell(
  experiment: CheckedExperiment,
  run: CheckedRun,
  changes: Choice,
  sink: DiagnosticSink,
  { above = [], programOf = canonicalProgram }: ResolveOptions = {},
): ResolvedCell | undefined {
  const { subject, file, place } = experiment;
  const overrides = [...run.overrides, ...changes.overrides, ...above];
  const { replacements } = changes;
  const model = makeModel(sink, { item: subject.item, file, place, overrides, replacements });
  if (model === undefined) return undefined;
  const difference = differenceOf(model, changes);
  return {
    changes,
    run,
    model,
    overrides,
    difference,
    program: programOf(rootsOf(experiment, run, changes)),
  };
}

/** What the program of a cell begins with: its stage, the model, and the parts that it puts into the model. */
function rootsOf(
  { subject, file }: CheckedExperiment,
  run: CheckedRun,
  { replacements }: Choice,
): readonly Item[] {
  const stage = run.file.items.get(run.stage.name.text);
  const parts = replacements.flatMap(({ part, file: own = file }) => {
    const entity = own.scope.own(part.name.text)?.entity;
    return entity?.kind === "item" ? [entity.item] : [];
  });
  return [...(stage === undefined ? [] : [stage]), subject.item, ...parts];
}
