import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { fault } from "../faults.ts";

/** Writes beside the target and renames: whoever opens the path sees the old file or the whole new one. */
export function writeAtomically(path: string, parts: Iterable<Uint8Array>): void {
  const fresh = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(fresh, "wx");
    try {
      for (const part of parts) writeAll(descriptor, part);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(fresh, path);
  } catch (error) {
    removeQuietly(fresh);
    throw fault("file-unreadable", {
      path,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length)
    done += writeSync(descriptor, bytes, done, Math.min(bytes.length - done, 1 << 30));
}

/** The first error is the one to tell; that nothing is left to remove is none. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder itself could not be made.
  }
}
