import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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

/**
 * A folder with this repository's models and, among them, the design's samples where their first lines say that
 * they belong. Whoever asks for it removes it.
 */
export function designInPlace():
  | { readonly home: string; readonly entries: readonly string[] }
  | undefined {
  const samples = designSamples();
  if (samples === undefined) return undefined;
  const home = mkdtempSync(join(tmpdir(), "weft-samples-"));
  cpSync(join(root, "models"), join(home, "models"), { recursive: true });
  const entries = samples.map(({ path, text }) => {
    const [, place] = /lies at (models\/\S+\.weft)/.exec(text) ?? [];
    if (place === undefined) throw new Error(`${path} does not say where it belongs`);
    writeFileSync(join(home, place), text);
    return place;
  });
  return { home, entries };
}

function textsUnder(folder: string, from: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".weft"))
    .sort()
    .map((path) => join(folder, path))
    .map((path) => ({ path: relative(from, path), text: readFileSync(path, "utf8") }));
}
