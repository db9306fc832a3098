import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { platform } from "node:process";
import { fault } from "../faults.ts";

/**
 * Writes beside the target and renames: whoever opens the path sees the old file or the whole new one, after a
 * loss of power too, because file and folder are on the disk before this returns.
 */
export function writeAtomically(path: string, parts: Iterable<Uint8Array>, mode = 0o666): void {
  const fresh = `${path}.${randomBytes(6).toString("hex")}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(fresh, "wx", mode);
    try {
      for (const part of parts) writeAll(descriptor, part);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(fresh, path);
    syncFolder(dirname(path));
  } catch (error) {
    removeQuietly(fresh);
    throw fault("file-unreadable", {
      path,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

/** The name is on the disk only with its folder. Windows opens no folders, and keeps its names in a journal. */
function syncFolder(path: string): void {
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

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
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
