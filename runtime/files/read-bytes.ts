import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { fault, type RuntimeFault } from "../faults.ts";

/** A file open for reading at any place. Reads are synchronous: weights come in many small pieces. */
export class ReadableFile {
  readonly path: string;
  readonly size: number;
  readonly #descriptor: number;

  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, readWithoutWaiting);
    } catch (error) {
      throw fileFault(path, error);
    }
    const status = fstatSync(this.#descriptor);
    if (!status.isFile()) {
      closeSync(this.#descriptor);
      const reason = status.isDirectory() ? "it is a folder" : "it is no regular file";
      throw fault("file-unreadable", { path, reason });
    }
    this.size = status.size;
  }

  /** Fills `target` from `position` on; a file that ends too early is a fault. */
  read(target: Uint8Array, position: number): void {
    let done = 0;
    while (done < target.length) {
      const count = this.#readSome(target, done, position + done);
      if (count === 0)
        throw fault("file-truncated", {
          path: this.path,
          found: position + done,
          needed: position + target.length,
        });
      done += count;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #readSome(target: Uint8Array, offset: number, position: number): number {
    // One call moves at most 2 GiB on Linux.
    const length = Math.min(target.length - offset, 1 << 30);
    try {
      return readSync(this.#descriptor, target, offset, length, position);
    } catch (error) {
      throw fileFault(this.path, error);
    }
  }
}

/** Without it, to open a pipe that nobody writes to never ends. */
const readWithoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** All bytes of a file that is taken into memory as a whole, if there are no more than `most` of them. */
export function readWhole(path: string, most: number): Uint8Array<ArrayBuffer> {
  const file = new ReadableFile(path);
  try {
    if (file.size > most) {
      const reason = `it has ${file.size} bytes, and ${most} is the most that is read of such a file`;
      throw fault("file-unreadable", { path, reason });
    }
    const bytes = new Uint8Array(file.size);
    file.read(bytes, 0);
    return bytes;
  } finally {
    file.close();
  }
}

export function readText(path: string, most: number): string {
  return new TextDecoder().decode(readWhole(path, most));
}

/** What the operating system says about a path, as a fault. */
export function fileFault(path: string, error: unknown): RuntimeFault {
  const code = (error as { code?: unknown }).code;
  if (code === "ENOENT" || code === "ENOTDIR") return fault("file-missing", { path });
  const reason = error instanceof Error ? error.message : String(error);
  return fault("file-unreadable", { path, reason });
}
