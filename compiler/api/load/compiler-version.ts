import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "./digest.ts";
import { packageRoot } from "./package-root.ts";
import { packageVersion } from "./package-version.ts";

/** Which compiler this is: the package's version, and what it was built from, which whoever works on it changes. */
export function compilerVersion(): string {
  const root = packageRoot();
  const text = import.meta.url.endsWith(".ts")
    ? sourcesText(join(root, "compiler"))
    : readFileSync(join(root, "dist", "built"), "utf8");
  return `${packageVersion(root)} ${digestOf(text)}`;
}

/** Sizes and times of the sources, from which the tests run. */
function sourcesText(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    })
    .join("\n");
}
