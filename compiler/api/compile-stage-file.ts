import { fault } from "../../runtime/faults.ts";
import type { CheckpointHeader } from "../compile.ts";
import { compileStage, type StageRequest } from "../compile-stage.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import type { StageArtifact } from "../stage-artifact.ts";
import { CompileError } from "./compile-error.ts";
import { givenSizes } from "./compile-file.ts";
import type { StageOptions } from "./compile-options.ts";
import { checkpointHeader } from "./load/checkpoint-header.ts";
import { namedSource } from "./load/named-source.ts";
import { parseOnce } from "./load/parse-once.ts";
import { pickCell } from "./studies/identify-cell.ts";

interface Compiled {
  readonly artifact: StageArtifact;
  /** Warnings. */
  readonly diagnostics: ReturnType<typeof compileStage>["diagnostics"];
}

/** What is asked beside the options that people know. */
interface StageCompilation
  extends Pick<
    StageRequest,
    "sizesOf" | "watch" | "purpose" | "steps" | "factorsAt" | "stepsPerEpoch" | "keepFrozen"
  > {
  readonly profile?: DeviceProfile;
  /** The checkpoint that the program is made for, where it is not there to be read yet. */
  readonly header?: CheckpointHeader | undefined;
  /** Put in front of the loader of the texts. */
  readonly through?: (loader: SourceLoader) => SourceLoader;
}

/**
 * Reads the file, its imports and the headers of checkpoints from the disk, and compiles one phase of a stage.
 *
 * @throws {CompileError} with all diagnostics, where the file or what was asked of it is wrong.
 */
export function compileStageFile(
  options: StageOptions,
  { through, header, ...more }: StageCompilation = {},
): Compiled {
  const { layout, precision, memory, stage, phase, cell, piece, weights, config } = options;
  if (config !== undefined && (weights === undefined || checkpointHeader(weights) === undefined))
    throw fault("config-alone", { config });
  const { entry, loader: open } = namedSource(options.file);
  const loader = through === undefined ? open() : through(open());
  const { artifact, diagnostics } = compileStage({
    ...more,
    layout,
    precision,
    memory,
    stage,
    phase,
    cell: cell && pickCell(cell),
    piece,
    entry,
    loader,
    parse: parseOnce,
    sizes: givenSizes(options.sizes),
    overrides: Object.entries(options.set ?? {}).map(([path, value]) => ({ path, value })),
    checkpoint: header ?? (weights === undefined ? undefined : checkpointHeader(weights, config)),
  });
  if (artifact === undefined) throw new CompileError(diagnostics);
  return { artifact, diagnostics };
}
