import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { SourceFile } from "../../../compiler/source/source-file.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** Every `.weft` file under some folders of this repository, by its path from the root. */
export function weftTexts(...folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) => textsUnder(join(root, folder), root));
}

/** The design's samples, which a copy of the repository alone does not have. */
export function designSamples(): readonly SourceFile[] | undefined {
  const folder = join(root, "..", "shared", "design", "samples");
  return existsSync(folder) ? textsUnder(folder, folder) : undefined;
}

function textsUnder(folder: string, from: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".weft"))
    .sort()
    .map((path) => join(folder, path))
    .map((path) => ({ path: relative(from, path), text: readFileSync(path, "utf8") }));
}
