import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { AtomicFile } from "../../files/atomic-write.ts";
import { cacheFolder } from "../../files/cache-folder.ts";
import { ensureOwnFolder, isOwnFile } from "../../files/own-folder.ts";
import { ReadableFile } from "../../files/read-bytes.ts";
import { sharedBytes, sharedNumbers } from "../manifest-writer.ts";
import type { ManifestIndex } from "../source-index.ts";

/** What the first line of a kept index says. */
type Head = Pick<ManifestIndex, "size" | "columns" | "hash">;

/** The index of shards, kept for as long as these are as large and as old as they were. */
export class ShardCache {
  readonly #root: string;
  readonly #folder: string;
  readonly #file: string;

  private constructor(root: string, stamp: string) {
    this.#root = root;
    this.#folder = join(cacheFolder(), "shards");
    this.#file = join(this.#folder, `${stamp}.jsonl`);
  }

  static of(root: string, files: readonly string[]): ShardCache {
    const hash = createHash("sha256");
    hash.update(`${form} ${resolve(root)}`);
    for (const file of files) {
      const { size, mtimeMs } = statSync(join(root, file));
      hash.update(`\n${file} ${size} ${mtimeMs}`);
    }
    return new ShardCache(root, hash.digest("hex"));
  }

  /** Undefined where there is none that can be trusted. */
  read(path: string): ManifestIndex | undefined {
    if (!existsSync(this.#file) || !isOwnFile(this.#file)) return undefined;
    const file = new ReadableFile(this.#file);
    try {
      const bytes = sharedBytes(file.size);
      file.read(bytes, 0);
      const end = bytes.indexOf(newLine);
      const head = JSON.parse(new TextDecoder().decode(bytes.slice(0, end))) as Head;
      const lines = bytes.subarray(end + 1);
      const places = placesOf(lines, head.size);
      return places && { kind: "manifest", path, root: this.#root, ...head, lines, places };
    } finally {
      file.close();
    }
  }

  /** Where there is no folder for it, it is made again the next time. */
  write({ size, columns, hash, lines }: ManifestIndex): void {
    if (typeof lines === "string" || !ensureOwnFolder(this.#folder)) return;
    const file = AtomicFile.create(this.#file, 0o600);
    try {
      file.write(new TextEncoder().encode(`${JSON.stringify({ size, columns, hash })}\n`));
      file.write(lines);
      file.commit();
    } catch (error) {
      file.abandon();
      throw error;
    }
  }
}

function placesOf(lines: Uint8Array, size: number): Float64Array | undefined {
  const places = sharedNumbers(2 * size);
  let from = 0;
  for (let record = 0; record < size; record++) {
    const end = lines.indexOf(newLine, from);
    if (end < 0) return undefined;
    places[2 * record] = from;
    places[2 * record + 1] = end + 1 - from;
    from = end + 1;
  }
  return from === lines.length ? places : undefined;
}

const newLine = 10;
/** Of what is kept; another one is another file. */
const form = 1;
