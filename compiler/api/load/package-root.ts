import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder with `stdlib/` in it: the same one whether this file runs from the sources or from `dist/`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "stdlib", "layers.weft"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error("the standard library is missing from this installation");
    folder = above;
  }
  return folder;
}
