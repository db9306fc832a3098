import { join } from "node:path";
import { AtomicFile } from "../../../runtime/files/atomic-write.ts";
import { safetensorsHeader } from "../../../runtime/weights/write-safetensors.ts";
import type { EmbeddedBlock } from "./embed.ts";

/** Rows of f32 by the name of their tensor, in the order in which they will come. */
type RowCounts = Readonly<Record<string, number>>;

/** `embeddings.safetensors` of a folder, written as its rows come: [rows, width] each, not normalised. */
export class EmbeddingFile {
  readonly #file: AtomicFile | undefined;
  readonly #counts: RowCounts;
  #hasHeader = false;

  /** Without a folder nothing is written. */
  constructor(folder: string | undefined, counts: RowCounts) {
    const path = folder === undefined ? undefined : join(folder, "embeddings.safetensors");
    this.#file = path === undefined ? undefined : AtomicFile.create(path);
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
