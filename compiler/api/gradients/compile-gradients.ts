import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { RecordForm } from "../../artifact.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { StageOptions } from "../compile-options.ts";
import { compileStageFile } from "../compile-stage-file.ts";
import type { GivenInput } from "../generate/default-texts.ts";
import { sizesOfInputs } from "../generate/sizes-of-inputs.ts";

/** Compiles a phase of a stage for records as these inputs are: sizes that they bind need not be said. */
export function compileGradients(
  options: StageOptions,
  inputs: readonly GivenInput[],
  profile: DeviceProfile,
  tokenizer: TokenizerSource,
): ReturnType<typeof compileStageFile> {
  const sizesOf = (record: RecordForm): Readonly<Record<string, number>> => {
    const { sizes = {} } = options;
    return { B: 1, ...sizesOfInputs(record, inputs, sizes, tokenizer) };
  };
  return compileStageFile(options, { profile, sizesOf });
}
