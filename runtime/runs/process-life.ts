import { readFileSync } from "node:fs";
import { kill } from "node:process";
import { hasCode } from "../files/atomic-write.ts";

/** A process, told from a later one of the same number. */
export interface KnownProcess {
  readonly pid: number;
  /** When it began, by the system's own count; empty where the system does not tell. */
  readonly process: string;
}

export function isAlive({ pid, process }: KnownProcess): boolean {
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
export function processStart(pid: number): string | undefined {
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
