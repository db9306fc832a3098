import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { blaming, hasCode, syncFolder, writeFully } from "./atomic-write.ts";
import { makeFolder } from "./make-folder.ts";

/**
 * Makes a file with its text, unless there is one of that name: of several who try, in one process or on many machines, exactly
 * one is told that it was theirs. Nobody sees the file empty or by half, and it is on the disk before this returns.
 *
 * @throws {RuntimeFault} `file-unreadable` where the disk refuses, or knows no links.
 */
export function createOnce(path: string, text: string): boolean {
  const fresh = `${path}.${randomBytes(6).toString("hex")}.part`;
  return blaming(path, () => {
    makeFolder(dirname(path));
    try {
      writeSynced(fresh, text);
      const isOurs = linkOnce(fresh, path);
      if (isOurs) syncFolder(dirname(path));
      return isOurs;
    } finally {
      rmSync(fresh, { force: true });
    }
  });
}

/** Gives a file a second name, unless there is one of that name: whether it was this file that got it. */
export function linkOnce(fresh: string, path: string): boolean {
  try {
    linkSync(fresh, path);
    return true;
  } catch (error) {
    if (!hasCode(error, ["EEXIST"])) throw error;
    // A network file system may ask twice for one link, and be told of the first by the second.
    return statSync(fresh).nlink === 2;
  }
}

function writeSynced(path: string, text: string): void {
  const descriptor = openSync(path, "wx");
  try {
    writeFully(descriptor, new TextEncoder().encode(text));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
