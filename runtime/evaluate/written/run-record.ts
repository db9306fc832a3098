// `run.json`: what an evaluation is of. One that goes on must be of the same.
import { existsSync } from "node:fs";
import { fault } from "../../faults.ts";
import { readText } from "../../files/read-bytes.ts";
import { evaluationPaths, writeTextFile } from "./evaluation-folder.ts";

/** All that a prediction depends on, as plain data: task, protocol, model, hashes of weights and data. */
type RunIdentity = Readonly<Record<string, unknown>>;

const largest = 1 << 26;

/**
 * Writes the record of a run that begins, or compares with that of the run in the folder.
 *
 * @throws {RuntimeFault} `run-changed`, with the names of what differs.
 */
export function beginRun(
  folder: string,
  identity: RunIdentity,
  about: Readonly<Record<string, unknown>>,
): void {
  const path = evaluationPaths(folder).run;
  if (existsSync(path)) {
    const { identity: before } = JSON.parse(readText(path, largest)) as { identity: RunIdentity };
    const names = [...new Set([...Object.keys(before), ...Object.keys(identity)])];
    const changed = names.filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(identity[name]),
    );
    if (changed.length > 0) throw fault("run-changed", { path: folder, what: changed.join(", ") });
    return;
  }
  writeTextFile(path, `${JSON.stringify({ v: 1, ...about, identity }, null, 2)}\n`);
}
