import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { StageSyntax } from "../ir/syntax/entry-syntax.ts";
import type { Span } from "../source/source-file.ts";
import type { Item, LoadedFile } from "./core/entity.ts";
import { checkExperiment } from "./experiments/check-experiment.ts";
import type { CheckedExperiment } from "./experiments/checked-experiment.ts";
import { checkStage } from "./stages/check-stage.ts";
import type { CheckedStage } from "./stages/checked-stage.ts";
import { type MadeModel, makeModel } from "./variants/make-model.ts";
import type { Surroundings, TypeNote } from "./variants/surroundings.ts";
import { checkWeights } from "./weights/check-weights.ts";

interface CheckedEntries {
  readonly stages: readonly CheckedStage[];
  readonly experiments: readonly CheckedExperiment[];
  readonly declared: Surroundings["declared"];
}

/** Of all that files declare about whole models, a stage that is compiled. */
export interface OnlyStage {
  readonly stage: string;
  /** Are `weights` blocks of any use to it? */
  readonly hasCheckpoint: boolean;
  /** Does it matter how long its phases are, as they are written? */
  readonly isScheduled: boolean;
}

/**
 * Stages, experiments and `weights` blocks of all files, when every declaration has been checked. They
 * are about whole models, so nothing is said about them while some text cannot be read. Each makes its model anew: for a
 * stage that is compiled the others of its file are left alone, unless there is no such stage. Its own plan is checked
 * when it is known what the command line and a checkpoint make of its model; phases also for how they follow each other.
 */
export function checkEntries(
  sink: DiagnosticSink,
  files: readonly LoadedFile[],
  noteType: TypeNote,
  {
    resolvesCells,
    measures,
    only,
  }: Pick<Surroundings, "resolvesCells" | "measures"> & { readonly only?: OnlyStage | undefined },
): CheckedEntries {
  const models = new Map<Item, MadeModel | undefined>();
  const declared = (item: Item, place: Span): MadeModel | undefined => {
    if (!models.has(item)) {
      const variant = { item, file: item.file, place, overrides: [], replacements: [] };
      models.set(item, makeModel(sink, variant));
    }
    return models.get(item);
  };
  if (files.some((file) => file.isBroken)) return { stages: [], experiments: [], declared };
  const around: Surroundings = { sink, files, declared, noteType, resolvesCells, measures };
  const stages: CheckedStage[] = [];
  const experiments: CheckedExperiment[] = [];
  const isWanted = wantedIn(files, only);
  const stageOf = (file: LoadedFile, syntax: StageSyntax): CheckedStage | undefined => {
    const isLater =
      only?.isScheduled === false && !syntax.entries.some(({ kind }) => kind === "phase");
    return isLater ? { syntax, file, plans: [] } : checkStage(around, file, syntax);
  };
  for (const file of files) {
    for (const { syntax } of file.items.values()) {
      if (!isWanted(syntax)) continue;
      const stage = syntax.kind === "stage" ? stageOf(file, syntax) : undefined;
      if (stage !== undefined) stages.push(stage);
      const experiment =
        syntax.kind === "experiment" ? checkExperiment(around, file, syntax) : undefined;
      if (experiment !== undefined) experiments.push(experiment);
      if (syntax.kind === "weights") checkWeights(around, file, syntax);
    }
  }
  return { stages, experiments, declared };
}

function wantedIn(
  files: readonly LoadedFile[],
  only: OnlyStage | undefined,
): (syntax: Item["syntax"]) => boolean {
  const isStage = ({ kind, name }: Item["syntax"]) => kind === "stage" && name.text === only?.stage;
  const items = files.flatMap((file) => [...file.items.values()]);
  if (only === undefined || !items.some(({ syntax }) => isStage(syntax))) return () => true;
  return (syntax) => isStage(syntax) || (syntax.kind === "weights" && only.hasCheckpoint);
}
