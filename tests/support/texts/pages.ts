import { readdirSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");

/** The pages that are written for readers, by their paths from the root; the index of errors is generated. */
export const pages: readonly string[] = [
  "README.md",
  ...pagesIn("docs"),
  ...readdirSync(join(root, "models")).flatMap((name) => pagesIn(join("models", name))),
  "examples/ablations/README.md",
].map((path) => path.replaceAll("\\", "/"));

function pagesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => relative(root, join(root, folder, name)));
}
