import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exitCode, Failure } from "../failure.ts";

/** The folder with `stdlib/` in it: the same one whether this file runs from the sources or from `dist/`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "stdlib", "layers.weft"))) {
    const above = dirname(folder);
    if (above === folder) {
      const message = "the standard library is missing from this installation";
      throw new Failure(exitCode.internal, "incomplete-package", message, "install `weft` again");
    }
    folder = above;
  }
  return folder;
}
