import { copyFileSync, cpSync, existsSync, linkSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { blaming, hasCode } from "../files/atomic-write.ts";
import { makeFolder } from "../files/make-folder.ts";
import { checkpointsIn } from "../runs/recover-run.ts";
import { runPaths } from "../runs/run-folder.ts";

/**
 * Makes the folder of a run that goes on where another was, whoever may still be at work in that one: files of checkpoints,
 * which nobody changes, are linked, and everything else is copied. What vanishes on the way is left out.
 */
export function forkRun(from: string, to: string): void {
  const { checkpoints } = runPaths(from);
  const own = runPaths(to);
  blaming(to, () => makeFolder(own.checkpoints));
  // Checkpoints first: the metrics that one asks for were on the disk before it.
  for (const { name } of checkpointsIn(from))
    linkFolder(join(checkpoints, name), join(own.checkpoints, name));
  const left = new Set([basename(checkpoints), basename(runPaths(from).lock)]);
  for (const name of readdirSync(from)) {
    if (left.has(name) || name.endsWith(".part")) continue;
    blaming(to, () =>
      unlessGone(() => cpSync(join(from, name), join(to, name), { recursive: true })),
    );
  }
}

function linkFolder(from: string, to: string): void {
  const isWhole = blaming(to, () =>
    unlessGone(() => {
      makeFolder(to);
      for (const name of readdirSync(from)) linkOrCopy(join(from, name), join(to, name));
    }),
  );
  if (!isWhole) rmSync(to, { recursive: true, force: true });
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) throw error;
    copyFileSync(from, to);
  }
}

/** Whether what an action reads was there to its end. */
function unlessGone(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (!hasCode(error, ["ENOENT"])) throw error;
    return false;
  }
}

/** Whether a folder has a run that has got anywhere. */
export function hasCheckpoints(run: string): boolean {
  return existsSync(run) && checkpointsIn(run).length > 0;
}
