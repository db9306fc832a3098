import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AtomicFile } from "../../../../runtime/files/atomic-write.ts";
import { safetensorsHeader } from "../../../../runtime/weights/write-safetensors.ts";
import type { EmbeddedBlock } from "./embed.ts";

const name = "embeddings.safetensors";

/** Rows of f32 by the name of their tensor, in the order in which they will come. */
type RowCounts = Readonly<Record<string, number>>;

/** `embeddings.safetensors` of a folder, written as its rows come: [rows, width] each, not normalised. */
export class EmbeddingFile {
  readonly #file: AtomicFile | undefined;
  readonly #counts: RowCounts;
  #hasHeader = false;

  /** Without a folder nothing is written. */
  constructor(folder: string | undefined, counts: RowCounts) {
    if (folder !== undefined) removeParts(folder);
    this.#file = folder === undefined ? undefined : AtomicFile.create(join(folder, name));
    this.#counts = counts;
  }

  write({ data, width }: Pick<EmbeddedBlock, "data" | "width">): void {
    if (this.#file === undefined) return;
    this.#writeHeader(width);
    this.#file.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  commit(): void {
    // Of nothing, too, there is a file.
    this.#writeHeader(0);
    this.#file?.commit();
  }

  abandon(): void {
    this.#file?.abandon();
  }

  #writeHeader(width: number): void {
    if (this.#hasHeader) return;
    const entries = Object.entries(this.#counts).map(([key, rows]) => {
      return { key, dtype: "F32", shape: [rows, width], bytes: 4 * rows * width };
    });
    this.#file?.write(safetensorsHeader(entries));
    this.#hasHeader = true;
  }
}

/** What a run that was killed has left: the folder is ours alone while it is locked. */
function removeParts(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const one of names)
    if (one.startsWith(`${name}.`) && one.endsWith(".part")) rmSync(join(folder, one));
}
