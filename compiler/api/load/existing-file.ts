import { existsSync } from "node:fs";
import { fault } from "../../../runtime/faults.ts";

/** The path as the loader takes it, once it is sure that there is a file. */
export function existingFile(path: string): string {
  if (existsSync(path)) return path;
  throw fault("file-missing", { path });
}
