import { existsSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../faults.ts";
import { readText } from "../files/read-bytes.ts";
import { runPaths, weightsFile } from "../runs/run-folder.ts";

/** Where parameters come from. */
export type WeightSource =
  /** The module's initialisers. */
  { readonly kind: "random"; readonly seed: number } | CheckpointSource;

/** Tensors by key, in one file or in several. */
export interface CheckpointSource {
  readonly kind: "checkpoint";
  /** As it was typed, for messages; of the folder of a run, the checkpoint in it. */
  readonly path: string;
  readonly files: readonly WeightFile[];
}

/** A `.safetensors` file or a folder with one, or with an index of shards, and how its keys are called here. */
interface WeightFile {
  readonly path: string;
  /** Stands before every key, with its dot: `llm.`. */
  readonly prefix: string;
  /**
   * Only keys that begin with this are taken, and without it: `mm_projector.`. Undefined: the prefix, where the
   * file has keys that begin with it, else all of them.
   */
  readonly below: string | undefined;
  /** Gives only what the files before it have not got. */
  readonly isSpare?: boolean;
}

/**
 * What `--weights` takes: `random:SEED`, a path, or several of them as `PREFIX=FILE` or `PREFIX=FILE:BELOW`, whose
 * keys then begin with `PREFIX.` in the place of `BELOW.`. Of a file whose keys begin with `PREFIX.` already those
 * alone are taken.
 */
export function parseWeightSource(given: string | readonly string[]): WeightSource {
  const texts = typeof given === "string" ? [given] : given;
  const random = texts.find((text) => text.startsWith("random:"));
  if (random !== undefined) {
    if (texts.length === 1) return { kind: "random", seed: parseSeed("--weights", random) };
    const reason = "it gives every parameter, so no file can stand beside it";
    throw fault("bad-value", { name: "--weights", value: random, reason });
  }
  return { kind: "checkpoint", path: texts.map(inRun).join(", "), files: texts.map(parseFile) };
}

/** The first of the files, beside which a tokenizer may lie. */
export function firstFileOf(given: string | readonly string[]): string | undefined {
  const source = parseWeightSource(given);
  return source.kind === "random" ? undefined : source.files[0]?.path;
}

function parseFile(text: string): WeightFile {
  const whole = { path: inRun(text), prefix: "", below: undefined };
  const [, prefix, rest = ""] = /^([A-Za-z_][\w.]*)=(.+)$/.exec(text) ?? [];
  if (prefix === undefined || existsSync(text)) return whole;
  const [, path = rest, below] = existsSync(rest) ? [] : (/^(.+):([\w.]+)$/.exec(rest) ?? []);
  return {
    path: inRun(path),
    prefix: `${prefix}.`,
    below: below === undefined ? undefined : `${below}.`,
  };
}

/** Of the folder of a run the weights of its latest checkpoint; any other path as it is. */
function inRun(path: string): string {
  const { latest, checkpoints } = runPaths(path);
  if (!existsSync(latest) || !existsSync(checkpoints)) return path;
  return join(checkpoints, readText(latest, longestName).trim(), weightsFile);
}

const longestName = 1 << 10;

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
