import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { fileFault } from "./read-bytes.ts";

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
    rmSync(fresh, { force: true });
    throw fileFault(path, error);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length)
    done += writeSync(descriptor, bytes, done, Math.min(bytes.length - done, 1 << 30));
}
