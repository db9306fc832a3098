import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { kill, pid as ownPid } from "node:process";
import { fault } from "../faults.ts";
import { blaming, hasCode } from "../files/atomic-write.ts";
import { makeFolder } from "../files/make-folder.ts";
import { runPaths } from "./run-folder.ts";

/** Who works in the folder of a run. */
interface Holder {
  readonly pid: number;
  /** When the process began, by the system's own count, which tells it from a later one of the same number. */
  readonly process: string;
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
  blaming(path, () => makeFolder(dirname(path)));
  while (!isCreated(path, text)) {
    const found = textOf(path);
    if (found === undefined) continue; // It was released between the two looks.
    const holder = parseHolder(found);
    if (holder !== undefined && isAlive(holder))
      throw fault("run-locked", { path: run, pid: holder.pid, since: holder.since });
    removeStale(path, found);
  }
  return {
    release() {
      if (textOf(path) === text) rmSync(path, { force: true });
    },
  };
}

/** The file comes to be with its text: nobody sees it empty. */
function isCreated(path: string, text: string): boolean {
  const fresh = besides(path);
  return blaming(path, () => {
    writeFileSync(fresh, text, { flag: "wx" });
    try {
      linkSync(fresh, path);
      return true;
    } catch (error) {
      if (!hasCode(error, ["EEXIST"])) throw error;
      return false;
    } finally {
      rmSync(fresh, { force: true });
    }
  });
}

/** Of several that find a stale lock one takes it away; who takes away another's new one puts it back. */
function removeStale(path: string, stale: string): void {
  const aside = besides(path);
  try {
    renameSync(path, aside);
    if (textOf(aside) !== stale) linkSync(aside, path);
  } catch (error) {
    if (!hasCode(error, ["ENOENT", "EEXIST"])) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function besides(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.part`;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) return undefined;
    throw error;
  }
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

function isAlive({ pid, process }: Holder): boolean {
  const start = processStart(pid);
  if (start !== undefined && process !== "") return start === process;
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, ["EPERM"]); // Somebody else's, but there.
  }
}

/** The boot and the tick in which a process began, where the system tells; what waits to be collected has ended. */
function processStart(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program stands in brackets and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
