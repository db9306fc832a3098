// `predictions.jsonl` while it grows: a line per item, on the disk after each batch, gone on with after a kill.
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import { blaming, writeFully } from "../../files/atomic-write.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { readWhole } from "../../files/read-bytes.ts";
import { evaluationPaths, type PredictionLine, predictionText } from "./evaluation-folder.ts";

const largest = 2 ** 31;

/** The lines of a folder that are whole, by id, and a place for more. */
export class PredictionLog {
  readonly done: ReadonlyMap<string, PredictionLine>;
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number, done: ReadonlyMap<string, PredictionLine>) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.done = done;
  }

  /** Opens the file of a folder. A last line that a kill has torn is cut off; its item is asked again. */
  static open(folder: string): PredictionLog {
    const path = evaluationPaths(folder).predictions;
    blaming(path, () => makeFolder(folder));
    const bytes = existsSync(path) ? readWhole(path, largest) : new Uint8Array();
    const whole = bytes.lastIndexOf(0x0a) + 1;
    const lines = new TextDecoder().decode(bytes.subarray(0, whole)).split("\n");
    const done = new Map<string, PredictionLine>();
    for (const line of lines)
      if (line !== "") {
        const found = JSON.parse(line) as PredictionLine;
        done.set(found.id, found);
      }
    const descriptor = blaming(path, () => openSync(path, "a"));
    blaming(path, () => ftruncateSync(descriptor, whole));
    return new PredictionLog(path, descriptor, done);
  }

  append(lines: readonly PredictionLine[]): void {
    const bytes = new TextEncoder().encode(lines.map((line) => predictionText(line)).join(""));
    blaming(this.#path, () => {
      writeFully(this.#descriptor, bytes);
      fsyncSync(this.#descriptor);
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
