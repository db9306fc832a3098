import type { FileIdentity } from "../files/file-hash.ts";

/** What `state.json` of a checkpoint says: what the run knows beside its tensors, and what the files must be. */
export interface CheckpointState<State> {
  readonly state: State;
  /** Bytes of `metrics.jsonl` when the checkpoint was written. */
  readonly metricsBytes: number;
  readonly files: Readonly<Record<string, FileIdentity>>;
}

export const stateFile = "state.json";

/** Reads the text of a `state.json`; undefined where it has another form. The run's own state is its owner's to check. */
export function parseState(text: string): CheckpointState<unknown> | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(found) || !isRecord(found.files) || !isCount(found.metricsBytes)) return undefined;
  const isWhole = Object.entries(found.files).every(
    ([name, file]) =>
      isPlainName(name) && isRecord(file) && isCount(file.bytes) && isHash(file.sha256),
  );
  return isWhole && "state" in found ? (found as unknown as CheckpointState<unknown>) : undefined;
}

/** A file of the folder itself: a name from a disk must not lead out of it. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name !== stateFile;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}
