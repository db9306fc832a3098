import type { RecordForm } from "../../artifact.ts";
import type { CheckpointHeader } from "../../compile.ts";
import type { StageRequest } from "../../compile-stage.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import { compileStageFile } from "../compile-stage-file.ts";
import { sizesOfShape } from "../generate/sizes-of-inputs.ts";
import type { TrainingOptions } from "../library-types.ts";
import type { PhaseRecords } from "./run-records.ts";

interface CompiledTraining extends ReturnType<typeof compileStageFile> {
  /** The texts that were read, by the paths that messages call them by. */
  readonly sources: ReadonlyMap<string, string>;
}

interface TrainingCompilation {
  readonly profile: DeviceProfile;
  readonly watch?: StageRequest["watch"];
  /** The checkpoint that the weights come from; undefined for initialisers. */
  readonly header: CheckpointHeader | undefined;
  /** What the program is for: a step that trains, where nothing else is said. */
  readonly purpose?: StageRequest["purpose"];
}

/** Compiles the step of a phase for its records, and for as many steps as are asked for. */
export function compileTraining(
  options: TrainingOptions,
  records: PhaseRecords,
  { profile, watch, header, purpose = "train" }: TrainingCompilation,
): CompiledTraining {
  const sources = new Map<string, string>();
  const through = (loader: SourceLoader): SourceLoader => ({
    load(specifier, importer) {
      const file = loader.load(specifier, importer);
      if (file !== undefined) sources.set(file.path, file.text);
      return file;
    },
    candidates: (importer) => loader.candidates(importer),
  });
  const compiled = compileStageFile(options, {
    profile,
    purpose,
    steps: options.steps,
    keepFrozen: options.keepFrozen,
    stepsPerEpoch: records.stepsPerEpoch,
    sizesOf: (record) => sizesOfRecords(record, records),
    through,
    header,
    ...(watch && { watch }),
  });
  return { ...compiled, sources };
}

/** Sizes of the record's axes where the records decide them. */
function sizesOfRecords(
  { inputs, sizes }: RecordForm,
  records: PhaseRecords,
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const input of inputs) {
    const shape = records.shapeOf(input.name);
    if (shape === undefined) continue;
    for (const [axis, size] of sizesOfShape(input, shape))
      if (Object.hasOwn(sizes, axis)) found[axis] ??= size;
  }
  return found;
}
