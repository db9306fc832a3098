import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fault } from "../faults.ts";
import { readText } from "../files/read-bytes.ts";
import { meansFile, runPaths, stepOf, weightsFile } from "../runs/run-folder.ts";

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
  /** Stands in the place of what the files before it have, and gives nothing else. */
  readonly isOver?: boolean;
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
  const files = texts.map(filesOf);
  const path = texts.map((text, n) => (isInRun(text) ? pathsOf(files[n]) : text)).join(", ");
  return { kind: "checkpoint", path, files: files.flat() };
}

/** The first of the files, beside which a tokenizer may lie. */
export function firstFileOf(given: string | readonly string[]): string | undefined {
  const source = parseWeightSource(given);
  return source.kind === "random" ? undefined : source.files[0]?.path;
}

function filesOf(text: string): readonly WeightFile[] {
  const [, prefix, rest = ""] = /^([A-Za-z_][\w.]*)=(.+)$/.exec(text) ?? [];
  if (prefix === undefined || existsSync(text)) return filesAt(text);
  const [, path = rest, below] = existsSync(rest) ? [] : (/^(.+):([\w.]+)$/.exec(rest) ?? []);
  const named = { prefix: `${prefix}.`, below: below === undefined ? undefined : `${below}.` };
  return filesAt(path).map((file) => ({ ...file, ...named }));
}

/** Of the folder of a run the weights of its latest checkpoint, or of another that is named; any other path as it is. */
function filesAt(path: string): readonly WeightFile[] {
  const checkpoint = checkpointAt(path);
  return checkpoint === undefined
    ? [{ path, prefix: "", below: undefined }]
    : weightsIn(checkpoint);
}

/**
 * The weights in a checkpoint's folder, as they are used: the means over the steps where the run keeps any, for what it trains,
 * and the weights as they are for the rest.
 */
export function weightsIn(folder: string): readonly WeightFile[] {
  const means = join(folder, meansFile);
  const own = { path: join(folder, weightsFile), prefix: "", below: undefined };
  return existsSync(means) ? [own, { ...own, path: means, isOver: true }] : [own];
}

/** The folder of a checkpoint for that of a run, for `RUN/latest` and `RUN/best`, and for itself. */
function checkpointAt(path: string): string | undefined {
  const { latest, checkpoints } = runPaths(path);
  if (existsSync(latest) && existsSync(checkpoints)) return named(latest, checkpoints);
  const above = runPaths(dirname(path));
  const isName = [above.latest, above.best].includes(path) && existsSync(path);
  if (isName && existsSync(above.checkpoints)) return named(path, above.checkpoints);
  return stepOf(basename(path)) !== undefined && existsSync(join(path, weightsFile))
    ? path
    : undefined;
}

/** The checkpoint whose name stands in a file. */
function named(file: string, checkpoints: string): string {
  const name = readText(file, longestName).trim();
  if (stepOf(name) !== undefined) return join(checkpoints, name);
  throw fault("run-damaged", { path: file, reason: "it names no checkpoint" });
}

function isInRun(text: string): boolean {
  return checkpointAt(text) !== undefined;
}

function pathsOf(files: readonly WeightFile[] = []): string {
  return files.map(({ path }) => path).join(", ");
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
