import { join } from "node:path";
import { writeAtomically } from "../../../runtime/files/atomic-write.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";

/** Copies the texts that a run was compiled from into its folder, at the paths that messages call them by. */
export function writeSources(run: string, sources: ReadonlyMap<string, string>): void {
  const { sources: folder } = runPaths(run);
  for (const [path, text] of sources)
    writeAtomically(join(folder, placeOf(path)), [new TextEncoder().encode(text)]);
}

/** A path below the folder for a path from anywhere: what leads up or begins at a root is named instead. */
function placeOf(path: string): string {
  const names = path.split(/[/\\]/).map((name) => {
    if (name === "..") return "up";
    return name === "" ? "root" : name.replaceAll(/[^\w.-]/g, "_");
  });
  return names.filter((name) => name !== ".").join("/");
}
