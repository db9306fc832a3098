import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fault } from "../../../runtime/faults.ts";

/** The path as the loader takes it, once it is sure that there is a file. */
export function existingFile(file: string | URL): string {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  if (existsSync(path)) return path;
  throw fault("file-missing", { path });
}
