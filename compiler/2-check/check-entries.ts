import type { DiagnosticSink } from "../diagnostics/sink.ts";
import { checkExperiment } from "./experiments/check-experiment.ts";
import type { Item, LoadedFile } from "./meaning.ts";
import { checkStage } from "./stages/check-stage.ts";
import { type MadeModel, makeModel } from "./stages/make-model.ts";
import type { Surroundings } from "./stages/surroundings.ts";
import { checkWeights } from "./weights/check-weights.ts";

/** Stages, experiments and `weights` blocks of all files, when every declaration has been checked. */
export function checkEntries(sink: DiagnosticSink, files: readonly LoadedFile[]): void {
  const models = new Map<Item, MadeModel | undefined>();
  const declared = (item: Item): MadeModel | undefined => {
    if (!models.has(item))
      models.set(item, makeModel(sink, { item, file: item.file, overrides: [], replacements: [] }));
    return models.get(item);
  };
  const around: Surroundings = { sink, files, declared };
  for (const file of files) {
    for (const { syntax } of file.items.values()) {
      if (syntax.kind === "stage") checkStage(around, file, syntax);
      if (syntax.kind === "experiment") checkExperiment(around, file, syntax);
      if (syntax.kind === "weights") checkWeights(around, file, syntax);
    }
  }
}
