import { existsSync } from "node:fs";
import { join } from "node:path";
import { blaming, syncFolder } from "../files/atomic-write.ts";
import { readText } from "../files/read-bytes.ts";
import { checkpointsIn } from "./recover-run.ts";
import { runPaths } from "./run-folder.ts";
import { putAside } from "./write-checkpoint.ts";

/** Removes all but the last `keep` checkpoints and the one that `best` names. Gives the names of those that went. */
export function pruneCheckpoints(run: string, keep: number): readonly string[] {
  const { checkpoints, best } = runPaths(run);
  const kept = existsSync(best) ? readText(best, longestName).trim() : undefined;
  const names = checkpointsIn(run).map(({ name }) => name);
  const old = names.slice(0, Math.max(0, names.length - Math.max(1, keep)));
  const gone = old.filter((name) => name !== kept);
  for (const name of gone)
    blaming(join(checkpoints, name), () => putAside(join(checkpoints, name)));
  if (gone.length > 0) blaming(checkpoints, () => syncFolder(checkpoints));
  return gone;
}

const longestName = 1 << 10;
