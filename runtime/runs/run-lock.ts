import { randomBytes } from "node:crypto";
import { linkSync, renameSync, rmSync } from "node:fs";
import { pid as ownPid } from "node:process";
import { fault } from "../faults.ts";
import { hasCode } from "../files/atomic-write.ts";
import { createOnce } from "../files/create-once.ts";
import { textIfThere } from "../files/text-if-there.ts";
import { isAlive, type KnownProcess, processStart } from "./process-life.ts";
import { runPaths } from "./run-folder.ts";

/** Who works in the folder of a run. */
interface Holder extends KnownProcess {
  /** When it took the folder. */
  readonly since: string;
}

/**
 * Takes the folder of a run for this process. A process that is gone, however it ended, holds nothing.
 *
 * @throws {RuntimeFault} `run-locked` where another one is at work there.
 */
export function lockRun(run: string): { release(): void } {
  const path = runPaths(run).lock;
  const own: Holder = {
    pid: ownPid,
    process: processStart(ownPid) ?? "",
    since: new Date().toISOString(),
  };
  const text = `${JSON.stringify(own)}\n`;
  for (let attempt = 1; !createOnce(path, text); attempt++) {
    if (attempt === mostAttempts)
      throw fault("file-unreadable", { path, reason: "it is no lock, and cannot be taken away" });
    const found = textIfThere(path);
    if (found === undefined) continue; // It was released between the two looks.
    const holder = parseHolder(found);
    if (holder !== undefined && isAlive(holder))
      throw fault("run-locked", { path: run, pid: holder.pid, since: holder.since });
    removeStale(path, found);
  }
  return {
    release() {
      if (textIfThere(path) === text) rmSync(path, { force: true });
    },
  };
}

/** Others may come between; what is there each time and never read, as a link to nothing is, was left by nobody who locks. */
const mostAttempts = 100;

/** Of several that find a stale lock one takes it away; who takes away another's new one puts it back. */
function removeStale(path: string, stale: string): void {
  const aside = besides(path);
  try {
    renameSync(path, aside);
    if (textIfThere(aside) !== stale) linkSync(aside, path);
  } catch (error) {
    if (!hasCode(error, ["ENOENT", "EEXIST"])) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function besides(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.part`;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const found = JSON.parse(text) as Partial<Record<keyof Holder, unknown>> | null;
    const { pid, process, since } = found ?? {};
    const isHolder =
      Number.isSafeInteger(pid) &&
      Number(pid) > 0 &&
      typeof process === "string" &&
      typeof since === "string";
    return isHolder ? (found as Holder) : undefined;
  } catch {
    return undefined;
  }
}
