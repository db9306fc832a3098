import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { RuntimeFault } from "../faults.ts";
import { type FileIdentity, identityOf } from "../files/file-hash.ts";
import { readText } from "../files/read-bytes.ts";
import { type CheckpointState, parseState, stateFile } from "./checkpoint-state.ts";
import { partEnding, runPaths, stepOf } from "./run-folder.ts";

interface FoundCheckpoint extends CheckpointState<unknown> {
  readonly name: string;
  readonly step: number;
  readonly folder: string;
}

interface Recovery {
  /** The newest that is whole; undefined where there is none, and the run begins anew. */
  readonly checkpoint: FoundCheckpoint | undefined;
  /** Newer ones that were passed over, newest first. */
  readonly bad: readonly { readonly name: string; readonly reason: string }[];
  /** What a process left that was ended while it wrote, now removed. */
  readonly removed: readonly string[];
}

/**
 * Finds what a run can go on from: the checkpoint of the highest step whose files have the lengths and hashes that its
 * `state.json` says. The names in `latest` and `best` are for people and are not asked. Removes what is half-written.
 */
export function recoverRun(run: string): Recovery {
  const { checkpoints } = runPaths(run);
  const names = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
  const removed = names.filter((name) => name.endsWith(partEnding));
  for (const name of removed) rmSync(join(checkpoints, name), { recursive: true, force: true });
  removeHalves(run);
  return { ...newestCheckpoint(run), removed };
}

/** The same for who only reads: nothing is removed, so that a process that trains there is not disturbed. */
export function newestCheckpoint(run: string): Omit<Recovery, "removed"> {
  const { checkpoints } = runPaths(run);
  const bad: { name: string; reason: string }[] = [];
  for (const { name, step } of checkpointsIn(run).toReversed()) {
    const found = openCheckpoint(join(checkpoints, name), name, step);
    if ("reason" in found) bad.push({ name, reason: found.reason });
    else return { checkpoint: found, bad };
  }
  return { checkpoint: undefined, bad };
}

/** What was being put in the place of a small file. */
function removeHalves(run: string): void {
  const { latest, best, charts, report, events } = runPaths(run);
  const names = [latest, best, charts, report, events].map((path) => `${basename(path)}.`);
  const found = existsSync(run) ? readdirSync(run) : [];
  const halves = found.filter(
    (name) => name.endsWith(partEnding) && names.some((one) => name.startsWith(one)),
  );
  for (const name of halves) rmSync(join(run, name), { force: true });
}

/** The checkpoints of a run by their names, oldest first; whether they are whole is not looked at. */
export function checkpointsIn(
  run: string,
): readonly { readonly name: string; readonly step: number }[] {
  const { checkpoints } = runPaths(run);
  const names = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
  return names
    .flatMap((name) => {
      const step = stepOf(name);
      return step === undefined ? [] : [{ name, step }];
    })
    .sort((left, right) => left.step - right.step);
}

function openCheckpoint(
  folder: string,
  name: string,
  step: number,
): FoundCheckpoint | { readonly reason: string } {
  try {
    const state = parseState(readText(join(folder, stateFile), largestState));
    if (state === undefined) return { reason: `its ${stateFile} has another form` };
    for (const [file, identity] of Object.entries(state.files)) {
      const wrong = differenceOf(join(folder, file), identity);
      if (wrong !== undefined) return { reason: `${file} ${wrong}` };
    }
    return { ...state, name, step, folder };
  } catch (error) {
    if (error instanceof RuntimeFault) return { reason: error.message };
    throw error;
  }
}

function differenceOf(path: string, { bytes, sha256 }: FileIdentity): string | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size !== undefined && size !== bytes) return `has ${size} bytes and should have ${bytes}`;
  return identityOf(path).sha256 === sha256 ? undefined : "has other bytes than were written";
}

const largestState = 1 << 26;
