import { readFileSync } from "node:fs";
import { join } from "node:path";

export function packageVersion(root: string): string {
  const description: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const hasVersion =
    typeof description === "object" && description !== null && "version" in description;
  return hasVersion ? String(description.version) : "unknown";
}
