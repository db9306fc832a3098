import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fault } from "../../runtime/faults.ts";

/** The path as the loader takes it, once it is sure that there is a file. */
export function existingFile(file: string | URL, workingFolder: string): string {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  if (existsSync(resolve(workingFolder, path))) return path;
  throw fault("file-missing", { path });
}
