import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { platform } from "node:process";
import { fault } from "../faults.ts";
import { makeFolder } from "./make-folder.ts";

/**
 * Writes beside the target and renames: whoever opens the path sees the old file or the whole new one, after a
 * loss of power too, because file and folder are on the disk before this returns.
 */
export function writeAtomically(path: string, parts: Iterable<Uint8Array>, mode = 0o666): void {
  const file = AtomicFile.create(path, mode);
  try {
    for (const part of parts) file.write(part);
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** The same for what is written a piece at a time: the file comes to be when it is committed. */
export class AtomicFile {
  readonly #path: string;
  readonly #fresh: string;
  readonly #descriptor: number;
  #isOpen = true;

  private constructor(path: string, fresh: string, descriptor: number) {
    this.#path = path;
    this.#fresh = fresh;
    this.#descriptor = descriptor;
  }

  static create(path: string, mode = 0o666): AtomicFile {
    const fresh = `${path}.${randomBytes(6).toString("hex")}.part`;
    return blaming(path, () => {
      makeFolder(dirname(path));
      return new AtomicFile(path, fresh, openSync(fresh, "wx", mode));
    });
  }

  write(bytes: Uint8Array): void {
    blaming(this.#path, () => writeFully(this.#descriptor, bytes));
  }

  /** All that was written is on the disk and at its place. */
  commit(): void {
    blaming(this.#path, () => {
      fsyncSync(this.#descriptor);
      this.#close();
      renameSync(this.#fresh, this.#path);
      syncFolder(dirname(this.#path));
    });
  }

  /** Leaves the place as it was. */
  abandon(): void {
    try {
      this.#close();
      rmSync(this.#fresh, { force: true });
    } catch {
      // The first error is the one to tell.
    }
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}

/** All of the bytes, however few the system takes at once: none at all is an error. */
export function writeFully(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(bytes.length - done, 1 << 30);
    const count = writeSync(descriptor, bytes, done, length);
    if (count === 0) throw new Error("nothing more is taken");
    done += count;
  }
}

/** What the system refuses, as a fault that names the path. */
export function blaming<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fault("file-unreadable", { path, reason });
  }
}

/** The name is on the disk only with its folder. Windows opens no folders, and keeps its names in a journal. */
export function syncFolder(path: string): void {
  if (platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Some network file systems cannot do so for a folder.
    if (!hasCode(error, ["EINVAL", "ENOTSUP", "EBADF"])) throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether an error has one of the codes of the operating system. */
export function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
