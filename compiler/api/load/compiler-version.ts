import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestOf } from "./digest.ts";
import { packageRoot } from "./package-root.ts";
import { packageVersion } from "./package-version.ts";

/**
 * Which compiler this is: the package's version, and the sizes and times of its own files, for whoever
 * works on it changes it without changing the version.
 */
export function compilerVersion(): string {
  const folder = dirname(dirname(fileURLToPath(import.meta.url)));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /(?<!\.d)\.[jt]s$/.test(name))
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    });
  return `${packageVersion(packageRoot())} ${digestOf(files.join("\n"))}`;
}
