import { chmodSync, lstatSync } from "node:fs";
import { getuid, platform } from "node:process";
import { makeFolder } from "./make-folder.ts";

/**
 * Makes a folder of our own for things that are trusted later, and says whether it can be: see `isOwnFolder`. If it is
 * this user's but open to others it is closed; what they may have left in it is told by its owner (`isOwnFile`).
 */
export function ensureOwnFolder(path: string): boolean {
  try {
    makeFolder(path, 0o700);
    if (isOwned(path, "folder")) chmodSync(path, 0o700);
  } catch {
    return false; // A read-only disk, or a file where the folder should be.
  }
  return isOwnFolder(path);
}

/** Whether this is a folder of this user, and no link to one, into which nobody else may write. */
export function isOwnFolder(path: string): boolean {
  return isOwned(path, "folder") && isClosed(path);
}

/** Whether this is a file of this user, and no link to one, which nobody else may change. */
export function isOwnFile(path: string): boolean {
  return isOwned(path, "file") && isClosed(path);
}

function isOwned(path: string, kind: "file" | "folder"): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return false;
  if (!(kind === "file" ? status.isFile() : status.isDirectory())) return false;
  return platform === "win32" || status.uid === getuid?.();
}

/** Windows has no such bits: there a folder in the user's profile is the user's own. */
function isClosed(path: string): boolean {
  return platform === "win32" || (lstatSync(path).mode & 0o022) === 0;
}
