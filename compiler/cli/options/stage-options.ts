import type { Command } from "commander";
import type { StageOptions } from "../../api/compile-options.ts";
import { addProgramOptions } from "./mode-options.ts";
import { parseCount, parseSettings, parseSizes } from "./parse-assignments.ts";
import { several } from "./several.ts";

/** The options by which commands name one phase of one stage, as commander hands them over. */
export interface PhaseOptions extends Pick<StageOptions, "layout" | "precision" | "memory"> {
  readonly stage: string;
  readonly phase?: string;
  readonly set: readonly string[];
  readonly size: readonly string[];
  readonly batch?: string;
  readonly piece?: string;
  readonly weights: readonly string[];
  readonly config?: string;
}

export function addPhaseOptions(command: Command): Command {
  command
    .requiredOption("--stage <name>", "a `stage` of the file")
    .option("--phase <name>", "one of its phases, where it has several")
    .option(
      "--set <path=value>",
      "give a setting or an axis another value than the stage does; may be repeated",
      several,
      [],
    )
    .option("--batch <n>", "the size of axis B, where the inputs do not say it")
    .option("--piece <m>", "samples that are computed at a time, as `by m` in the stage says it")
    .option("--size <axis=n>", "the same for any axis of the record; may be repeated", several, [])
    .option(
      "--weights <source>",
      "a .safetensors file, a folder with one or with shards, or random:SEED; several as PREFIX=FILE[:BELOW]",
      several,
      [],
    )
    .option("--config <file>", "a JSON file in the place of the config.json beside the weights");
  return addProgramOptions(command, ["layout", "precision", "memory"]);
}

/** The same as the compiler's options. */
export function stageOptions(file: string, options: PhaseOptions): StageOptions {
  const { layout, precision, memory, stage, phase, weights, config } = options;
  const batch = options.batch === undefined ? {} : { B: parseCount("--batch", options.batch) };
  return {
    file,
    stage,
    phase,
    layout,
    precision,
    memory,
    config,
    ...(options.piece !== undefined && { piece: parseCount("--piece", options.piece) }),
    sizes: { ...batch, ...parseSizes(options.size) },
    set: parseSettings(options.set),
    ...(weights.length > 0 && { weights }),
  };
}
