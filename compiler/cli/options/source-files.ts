import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { exitCode, Failure } from "../../api/failure.ts";
import { existingFile } from "../../api/load/existing-file.ts";

const ending = ".weft";

/** The files that are named, and in place of a folder every `.weft` file below it, in the order of their names. */
export function sourceFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    if (!statSync(existingFile(path)).isDirectory()) return [path];
    const below = filesBelow(path);
    if (below.length > 0) return below;
    throw new Failure(exitCode.input, "file-missing", `there is no .weft file below \`${path}\``);
  });
}

/** Installed packages and hidden folders are not the user's own text. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return entry.name.endsWith(ending) ? [path] : [];
      return entry.name.startsWith(".") || entry.name === "node_modules" ? [] : filesBelow(path);
    });
}
