import { readFileSync } from "node:fs";
import { hasCode } from "./atomic-write.ts";

/** The text of a file that others may take away at any time; undefined where there is none. */
export function textIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) return undefined;
    throw error;
  }
}
