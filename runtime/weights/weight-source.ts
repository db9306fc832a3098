import { fault } from "../faults.ts";

/** Where parameters come from. */
export type WeightSource =
  /** The module's initialisers. */
  | { readonly kind: "random"; readonly seed: number }
  /** A `.safetensors` file or a folder with one, or with an index of shards. */
  | { readonly kind: "checkpoint"; readonly path: string };

/** `random:SEED` or a path, as `--weights` takes it. */
export function parseWeightSource(text: string): WeightSource {
  if (!text.startsWith("random:")) return { kind: "checkpoint", path: text };
  return { kind: "random", seed: parseSeed("--weights", text) };
}

/** The number in `random:SEED`. */
export function parseSeed(name: string, text: string): number {
  const digits = text.slice("random:".length);
  const seed = Number(digits);
  if (!/^\d+$/.test(digits) || seed > 0xffffffff) {
    throw fault("bad-value", {
      name,
      value: text,
      reason: "the seed is a whole number from 0 to 4294967295",
    });
  }
  return seed;
}
