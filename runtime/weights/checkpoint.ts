import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fault } from "../faults.ts";
import { fileFault, ReadableFile, readText } from "../files/read-bytes.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { nearestName } from "./nearest-name.ts";
import { readSafetensorsHeader, type TensorEntry } from "./safetensors-header.ts";
import type { CheckpointSource } from "./weight-source.ts";

/** A tensor with the file that holds it. */
export interface StoredTensor extends TensorEntry {
  readonly file: ReadableFile;
}

/** The tensors of one file, or of all shards of a folder. Files stay open until `close`. */
export class Checkpoint {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly #files: readonly ReadableFile[];

  private constructor(
    path: string,
    files: readonly ReadableFile[],
    tensors: ReadonlyMap<string, StoredTensor>,
  ) {
    this.path = path;
    this.#files = files;
    this.tensors = tensors;
  }

  /** Opens a `.safetensors` file, an index of shards, or a folder with either, and checks every header. */
  static open(path: string): Checkpoint {
    return Checkpoint.openAll({ path, files: [{ path, prefix: "", below: undefined }] });
  }

  /** The same for several of them, whose keys are put together. */
  static openAll({ path, files: parts }: Pick<CheckpointSource, "path" | "files">): Checkpoint {
    const files: ReadableFile[] = [];
    try {
      const tensors = new Map<string, StoredTensor>();
      for (const part of parts) {
        const found = openShards(resolveFiles(part.path), files);
        const below = part.below ?? ownPart(part.prefix, found);
        for (const tensor of found.values()) {
          if (!tensor.key.startsWith(below)) continue;
          const key = `${part.prefix}${tensor.key.slice(below.length)}`;
          const reason = `it and another file both give \`${key}\``;
          const isLeft = tensors.has(key) ? part.isSpare : part.isOver;
          if (isLeft === true) continue;
          if (tensors.has(key) && part.isOver !== true)
            throw fault("bad-value", { name: "--weights", value: part.path, reason });
          tensors.set(key, { ...tensor, key });
        }
      }
      return new Checkpoint(path, files, tensors);
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  /** The tensor of a key, which a parameter needs or somebody asked for by name. */
  find(key: string, parameter?: string): StoredTensor {
    const tensor = this.tensors.get(key);
    if (tensor !== undefined) return tensor;
    const nearest = nearestName(key, [...this.tensors.keys()]);
    throw fault("tensor-missing", { path: this.path, key, parameter, nearest });
  }

  get files(): CheckpointHeaders["files"] {
    return this.#files.map(({ path, size }) => ({ path, bytes: size }));
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

/** What a compiler needs of a checkpoint: its tensors' shapes, and its `config.json` where there is one. */
export interface CheckpointHeaders {
  readonly config: string | undefined;
  readonly tensors: Readonly<Record<string, TensorHeader>>;
  /** Files that hold them, one or the shards. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

interface TensorHeader {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Reads headers only; no tensor is touched. `config.json` is the one beside the first of the weights. */
export function readHeaders(
  source: string | Pick<CheckpointSource, "path" | "files">,
): CheckpointHeaders {
  const { path, files } =
    typeof source === "string"
      ? { path: source, files: [{ path: source, prefix: "", below: undefined }] }
      : source;
  const checkpoint = Checkpoint.openAll({ path, files });
  try {
    const first = files[0]?.path ?? path;
    const config = join(isFolder(first) ? first : dirname(first), "config.json");
    const entries = [...checkpoint.tensors.values()].map(
      ({ key, dtype, shape, bytes }) => [key, { dtype, shape, bytes }] as const,
    );
    return {
      config: existsSync(config) ? readText(config, largestText) : undefined,
      tensors: Object.fromEntries(entries),
      files: checkpoint.files,
    };
  } finally {
    checkpoint.close();
  }
}

/** Of a file that has a part of the name that is asked for, the part. */
function ownPart(prefix: string, tensors: ReadonlyMap<string, StoredTensor>): string {
  return [...tensors.keys()].some((key) => key.startsWith(prefix)) ? prefix : "";
}

interface Files {
  readonly paths: readonly string[];
  /** Set where an index says which file holds which tensor. */
  readonly index: { readonly path: string; readonly map: ReadonlyMap<string, string> } | undefined;
}

const indexFile = "model.safetensors.index.json";
const singleFile = "model.safetensors";

function resolveFiles(path: string): Files {
  if (!isFolder(path))
    return path.endsWith(".index.json") ? readIndex(path) : { paths: [path], index: undefined };
  const index = join(path, indexFile);
  const single = join(path, singleFile);
  if (existsSync(index)) return readIndex(index, existsSync(single) ? single : undefined);
  if (existsSync(single)) return { paths: [single], index: undefined };
  throw fault("no-weights-in-folder", { path, snapshot: snapshotIn(path) });
}

/** The root of a hub's cache holds each revision of a repository in a folder of its own. */
function snapshotIn(path: string): string | undefined {
  const snapshots = join(path, "snapshots");
  if (!existsSync(snapshots)) return undefined;
  return readdirSync(snapshots)
    .map((name) => join(snapshots, name))
    .find((one) => existsSync(join(one, indexFile)) || existsSync(join(one, singleFile)));
}

/** `whole` is the one file that the folder has too: what an index of other files was left from. */
function readIndex(path: string, whole?: string): Files {
  const bad = (reason: string) => fault("bad-index", { path, reason, whole });
  const text = readText(path, largestText);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(`it is not JSON (${error.message})`);
    throw error;
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw bad(`it gives \`${twice}\` twice`);
  const weightMap = (parsed as { weight_map?: unknown } | null)?.weight_map;
  if (typeof weightMap !== "object" || weightMap === null) throw bad("it has no `weight_map`");
  const folder = dirname(path);
  const map = new Map<string, string>();
  for (const [key, name] of Object.entries(weightMap)) {
    if (typeof name !== "string") throw bad(`\`${key}\` is not given to a file`);
    if (basename(name) !== name)
      throw bad(`\`${key}\` is given to \`${name}\`, which is not in the same folder`);
    map.set(key, join(folder, name));
  }
  for (const shard of new Set(map.values())) {
    if (!existsSync(shard)) throw bad(`the shard \`${basename(shard)}\` is missing`);
  }
  return { paths: [...new Set(map.values())], index: { path, map } };
}

function openShards({ paths, index }: Files, files: ReadableFile[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const path of paths) {
    const file = new ReadableFile(path);
    files.push(file);
    for (const tensor of readSafetensorsHeader(file).tensors) {
      const owner = index?.map.get(tensor.key) ?? path;
      if (owner === path) tensors.set(tensor.key, { ...tensor, file });
    }
  }
  for (const [key, path] of index?.map ?? []) {
    if (!tensors.has(key)) {
      throw fault("bad-index", {
        path: index?.path ?? path,
        reason: `\`${basename(path)}\` does not hold \`${key}\``,
      });
    }
  }
  return tensors;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw fileFault(path, error);
  }
}

/** `config.json` and indices have a few megabytes at most. */
const largestText = 1 << 26;
