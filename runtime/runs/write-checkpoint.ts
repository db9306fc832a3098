import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { blaming, syncFolder, writeAtomically, writeFully } from "../files/atomic-write.ts";
import type { FileIdentity } from "../files/file-hash.ts";
import { makeFolder } from "../files/make-folder.ts";
import { InternalError } from "../internal-error.ts";
import { type CheckpointState, isPlainName, stateFile } from "./checkpoint-state.ts";
import { checkpointName, partEnding, runPaths } from "./run-folder.ts";

/** A file of a checkpoint, a piece at a time: what comes from a device need never be in memory as a whole. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

interface CheckpointContent<State> {
  readonly step: number;
  /** By file name, such as `weights.safetensors`. */
  readonly files: Readonly<Record<string, Pieces>>;
  /** Told of the folder when the files are in it, and before it counts: what the run knows then. */
  readonly look: (part: string) => Promise<KnownThen<State>>;
}

interface KnownThen<State> {
  /** Plain data. */
  readonly state: State;
  /** Bytes of the metrics that are on the disk. */
  readonly metricsBytes: number;
}

/**
 * Writes a checkpoint into the folder of a run, so that after a loss of power or a kill at any moment it is there as a
 * whole or not at all: everything into `step-N.part`, each file on the disk before the next, `state.json` with their
 * hashes last; then the folder gets its name, and `latest` follows. Gives the name.
 *
 * @throws {RuntimeFault} `file-unreadable` where the disk refuses, is full for instance: the run's folder is as before.
 */
export async function writeCheckpoint<State>(
  run: string,
  { step, files, look }: CheckpointContent<State>,
): Promise<string> {
  const { checkpoints, latest } = runPaths(run);
  const name = checkpointName(step);
  const place = join(checkpoints, name);
  const part = place + partEnding;
  try {
    makePart(part);
    const identities: Record<string, FileIdentity> = {};
    for (const [file, pieces] of Object.entries(files)) {
      if (!isPlainName(file))
        throw new InternalError(`\`${file}\` is no name for a file of a checkpoint`);
      identities[file] = await writeSynced(join(part, file), pieces);
    }
    const { state, metricsBytes } = await look(part);
    const document: CheckpointState<State> = { state, metricsBytes, files: identities };
    await writeSynced(join(part, stateFile), [new TextEncoder().encode(JSON.stringify(document))]);
    blaming(place, () => {
      syncFolder(part);
      putAside(place);
      renameSync(part, place);
      syncFolder(checkpoints);
    });
  } catch (error) {
    removeQuietly(part);
    throw error;
  }
  nameCheckpoint(latest, name);
  return name;
}

/**
 * Files as a checkpoint has them, in a folder that counts for nothing and is there for as long as somebody looks at it.
 *
 * @throws {RuntimeFault} `file-unreadable` where the disk refuses.
 */
export async function withLooseFiles<T>(
  run: string,
  step: number,
  files: CheckpointContent<unknown>["files"],
  look: (part: string) => Promise<T>,
): Promise<T> {
  const part = join(runPaths(run).checkpoints, checkpointName(step) + partEnding);
  try {
    makePart(part);
    for (const [file, pieces] of Object.entries(files)) await writeSynced(join(part, file), pieces);
    return await look(part);
  } finally {
    removeQuietly(part);
  }
}

function makePart(part: string): void {
  blaming(part, () => {
    rmSync(part, { recursive: true, force: true });
    makeFolder(part);
  });
}

/** The first error is the one to tell. */
function removeQuietly(part: string): void {
  try {
    rmSync(part, { recursive: true, force: true });
  } catch {
    // What is left counts for nothing, and goes when the run goes on.
  }
}

/** Makes `latest` or `best` name a checkpoint. */
export function nameCheckpoint(path: string, name: string): void {
  writeAtomically(path, [new TextEncoder().encode(`${name}\n`)]);
}

/**
 * Takes a folder out of the list of checkpoints before anything in it goes: what is left of it after a kill is not taken
 * for a damaged checkpoint.
 */
export function putAside(place: string): void {
  if (!existsSync(place)) return;
  const aside = `${place}.old${partEnding}`;
  rmSync(aside, { recursive: true, force: true });
  renameSync(place, aside);
  rmSync(aside, { recursive: true, force: true });
}

async function writeSynced(path: string, pieces: Pieces): Promise<FileIdentity> {
  const hash = createHash("sha256");
  let bytes = 0;
  const descriptor = blaming(path, () => openSync(path, "wx"));
  try {
    for await (const piece of pieces) {
      blaming(path, () => writeFully(descriptor, piece));
      hash.update(piece);
      bytes += piece.length;
    }
    blaming(path, () => fsyncSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
  return { bytes, sha256: hash.digest("hex") };
}
