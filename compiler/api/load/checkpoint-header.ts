import { readText } from "../../../runtime/files/read-bytes.ts";
import { settingsBeside } from "../../../runtime/runs/run-settings.ts";
import { readHeaders } from "../../../runtime/weights/checkpoint.ts";
import { parseWeightSource } from "../../../runtime/weights/weight-source.ts";
import type { CheckpointHeader } from "../../compile.ts";

/**
 * What the compiler takes from a checkpoint: its configuration, which is the `config.json` beside it unless
 * another file is named, what a run set in its model, and its shapes. Nothing of `random:SEED`.
 */
export function checkpointHeader(
  weights: string | readonly string[],
  configFile?: string,
): CheckpointHeader | undefined {
  const source = parseWeightSource(weights);
  if (source.kind === "random") return undefined;
  const { config, tensors } = readHeaders(source);
  const shapes = Object.entries(tensors).map(([key, { shape }]) => [key, shape] as const);
  return {
    config: configFile === undefined ? config : readText(configFile, largestConfig),
    settings: settingsBeside(source),
    tensors: Object.fromEntries(shapes),
  };
}

/** Configurations have a few megabytes at most. */
const largestConfig = 1 << 26;
