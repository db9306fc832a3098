import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fault } from "../faults.ts";
import { blaming, hasCode, syncFolder, writeFully } from "../files/atomic-write.ts";
import { makeFolder } from "../files/make-folder.ts";
import { runPaths } from "./run-folder.ts";

/**
 * `metrics.jsonl` of a run: one object a line, each written as a whole. A checkpoint says how long the file was; a run
 * that goes on from it begins there, so that no step stands twice and none is half a line.
 */
export class MetricsLog {
  readonly #path: string;
  readonly #descriptor: number;
  #bytes: number;
  /** Lines that the disk has not taken yet. */
  #waiting: Uint8Array[] = [];

  private constructor(path: string, descriptor: number, bytes: number) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#bytes = bytes;
  }

  /**
   * Opens the file of a run and cuts it to `bytes`: 0 for a run that begins.
   *
   * @throws {RuntimeFault} `run-damaged` where it is shorter.
   */
  static open(run: string, bytes: number): MetricsLog {
    const path = runPaths(run).metrics;
    const descriptor = blaming(path, () => {
      makeFolder(dirname(path));
      return openSync(path, "a");
    });
    try {
      const { size } = fstatSync(descriptor);
      if (size < bytes)
        throw fault("run-damaged", {
          path,
          reason: `it has ${size} bytes, and had ${bytes} when the checkpoint was written`,
        });
      blaming(path, () => {
        ftruncateSync(descriptor, bytes);
        fsyncSync(descriptor);
        syncFolder(dirname(path));
      });
      return new MetricsLog(path, descriptor, bytes);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /**
   * Adds a line. It survives a kill of the process; a loss of power only after `sync`. Where the disk is full it waits for
   * room, and training goes on: the next `sync` says so.
   */
  append(metrics: Readonly<Record<string, unknown>>): void {
    this.#waiting.push(new TextEncoder().encode(`${JSON.stringify(metrics)}\n`));
    blaming(this.#path, () => {
      try {
        this.#write();
      } catch (error) {
        if (!hasCode(error, ["ENOSPC", "EDQUOT", "EFBIG"])) throw error;
      }
    });
  }

  /**
   * Everything so far is on the disk; gives its length, for a checkpoint to state.
   *
   * @throws {RuntimeFault} `file-unreadable` where it is not.
   */
  sync(): number {
    blaming(this.#path, () => {
      this.#write();
      fsyncSync(this.#descriptor);
    });
    return this.#bytes;
  }

  /** Whole lines only: of one that is refused half-way nothing stays. */
  #write(): void {
    while (this.#waiting[0] !== undefined) {
      const [line] = this.#waiting;
      try {
        writeFully(this.#descriptor, line);
      } catch (error) {
        ftruncateSync(this.#descriptor, this.#bytes);
        throw error;
      }
      this.#bytes += line.length;
      this.#waiting.shift();
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
