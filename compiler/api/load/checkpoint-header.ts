import { readHeaders } from "../../../runtime/weights/checkpoint.ts";
import { parseWeightSource } from "../../../runtime/weights/weight-source.ts";
import type { CheckpointHeader } from "../../compile.ts";

/** What the compiler takes from a checkpoint: its `config.json` and its shapes. Nothing of `random:SEED`. */
export function checkpointHeader(weights: string): CheckpointHeader | undefined {
  const source = parseWeightSource(weights);
  if (source.kind === "random") return undefined;
  const { config, tensors } = readHeaders(source.path);
  const shapes = Object.entries(tensors).map(([key, { shape }]) => [key, shape] as const);
  return { config, tensors: Object.fromEntries(shapes) };
}
