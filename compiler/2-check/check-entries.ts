import type { DiagnosticSink } from "../diagnostics/sink.ts";
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
}

/**
 * Stages, experiments and `weights` blocks of all files, when every declaration has been checked. They
 * are about whole models, so nothing is said about them while some text cannot be read.
 */
export function checkEntries(
  sink: DiagnosticSink,
  files: readonly LoadedFile[],
  noteType: TypeNote,
  { resolvesCells, measures }: Pick<Surroundings, "resolvesCells" | "measures">,
): CheckedEntries {
  if (files.some((file) => file.isBroken)) return { stages: [], experiments: [] };
  const models = new Map<Item, MadeModel | undefined>();
  const declared = (item: Item, place: Span): MadeModel | undefined => {
    if (!models.has(item)) {
      const variant = { item, file: item.file, place, overrides: [], replacements: [] };
      models.set(item, makeModel(sink, variant));
    }
    return models.get(item);
  };
  const around: Surroundings = { sink, files, declared, noteType, resolvesCells, measures };
  const stages: CheckedStage[] = [];
  const experiments: CheckedExperiment[] = [];
  for (const file of files) {
    for (const { syntax } of file.items.values()) {
      const stage = syntax.kind === "stage" ? checkStage(around, file, syntax) : undefined;
      if (stage !== undefined) stages.push(stage);
      const experiment =
        syntax.kind === "experiment" ? checkExperiment(around, file, syntax) : undefined;
      if (experiment !== undefined) experiments.push(experiment);
      if (syntax.kind === "weights") checkWeights(around, file, syntax);
    }
  }
  return { stages, experiments };
}
