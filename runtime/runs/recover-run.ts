import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { RuntimeFault } from "../faults.ts";
import { ReadableFile, readText } from "../files/read-bytes.ts";
import {
  type CheckpointState,
  type FileIdentity,
  parseState,
  stateFile,
} from "./checkpoint-state.ts";
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
  const bad: { name: string; reason: string }[] = [];
  for (const { name, step } of checkpointsIn(run).toReversed()) {
    const found = openCheckpoint(join(checkpoints, name), name, step);
    if ("reason" in found) bad.push({ name, reason: found.reason });
    else return { checkpoint: found, bad, removed };
  }
  return { checkpoint: undefined, bad, removed };
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
  const file = new ReadableFile(path);
  try {
    if (file.size !== bytes) return `has ${file.size} bytes and should have ${bytes}`;
    const hash = createHash("sha256");
    const piece = new Uint8Array(Math.min(bytes, pieceBytes));
    for (let at = 0; at < bytes; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, bytes - at));
      file.read(part, at);
      hash.update(part);
    }
    return hash.digest("hex") === sha256 ? undefined : "has other bytes than were written";
  } finally {
    file.close();
  }
}

const pieceBytes = 1 << 22;
const largestState = 1 << 26;
