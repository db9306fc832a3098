import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { pid as ownPid } from "node:process";
import { hasCode } from "../files/atomic-write.ts";
import { createOnce } from "../files/create-once.ts";
import { textIfThere } from "../files/text-if-there.ts";
import { isAlive, type KnownProcess, processStart } from "../runs/process-life.ts";

/** Who works on a task. */
interface Owner extends KnownProcess {
  readonly host: string;
  /** Where process numbers mean the same: host, boot and container. */
  readonly place: string;
  /** When the task was taken; for people. */
  readonly since: string;
  readonly token: string;
}

/** A task that this process has taken. */
export interface Claim {
  /** The folder of the task's state. */
  readonly folder: string;
  /** From 1: so many workers have taken the task. */
  readonly attempt: number;
  readonly text: string;
}

/** What lies in the folder of a task's state, by what it says. */
export interface StateFiles {
  /** The highest attempt; 0 where nobody has taken the task. */
  readonly attempt: number;
  readonly has: (name: string) => boolean;
}

/** The files that say what became of an attempt: one table, so that writers and readers cannot disagree. */
export const stateNames = {
  claim: (attempt: number): string => `claim-${attempt}`,
  /** A counter of its owner, which goes on as long as it lives. */
  beat: (attempt: number): string => `claim-${attempt}.beat`,
  /** Its owner has left the task for others to go on with. */
  released: (attempt: number): string => `released-${attempt}`,
  failed: (attempt: number): string => `failed-${attempt}.json`,
  /** The failed task is to be tried again. */
  retried: (attempt: number): string => `retried-${attempt}`,
  done: "done.json",
  stopped: "stopped.json",
} as const;

/** One look at the folder of a task's state, which need not be there. */
export function readStateFiles(folder: string): StateFiles {
  const names = new Set(namesIn(folder));
  let attempt = 0;
  for (const name of names) {
    const [, digits] = /^claim-([1-9]\d{0,8})$/.exec(name) ?? [];
    if (digits !== undefined) attempt = Math.max(attempt, Number(digits));
  }
  return { attempt, has: (name) => names.has(name) };
}

/** Takes a task as its attempt of that number; undefined where somebody else was first. */
export function takeClaim(folder: string, attempt: number): Claim | undefined {
  const own: Owner = {
    host: hostname(),
    place: ownPlace(),
    pid: ownPid,
    process: processStart(ownPid) ?? "",
    since: new Date().toISOString(),
    token: randomBytes(8).toString("hex"),
  };
  const text = `${JSON.stringify(own)}\n`;
  const isTaken = createOnce(join(folder, stateNames.claim(attempt)), text);
  return isTaken ? { folder, attempt, text } : undefined;
}

/** Whether the task is still this owner's, with nothing published of it yet. */
export function isCurrent({ folder, attempt }: Claim): boolean {
  const found = readStateFiles(folder);
  return (
    found.attempt === attempt &&
    !found.has(stateNames.done) &&
    !found.has(stateNames.stopped) &&
    !found.has(stateNames.released(attempt))
  );
}

/** Leaves the task to others. */
export function releaseClaim({ folder, attempt }: Claim): void {
  createOnce(join(folder, stateNames.released(attempt)), "");
}

/**
 * Makes what came of a task known, unless something is already: of several owners who think that the task is theirs, one is
 * told that its result counts.
 */
export function publish(claim: Claim, name: string, text: string): boolean {
  return isCurrent(claim) && createOnce(join(claim.folder, name), text);
}

/**
 * Whether the owner of an attempt is known to be gone: it ran where this process runs, and runs no more. Of owners elsewhere
 * nothing is known but their counters.
 */
export function isOwnerGone(folder: string, attempt: number): boolean {
  const owner = readOwner(join(folder, stateNames.claim(attempt)));
  return owner !== undefined && owner.place === ownPlace() && !isAlive(owner);
}

/** The number of the process that owns an attempt, where it runs on this machine. */
export function ownerPid(folder: string, attempt: number): number | undefined {
  const owner = readOwner(join(folder, stateNames.claim(attempt)));
  return owner?.place === ownPlace() ? owner.pid : undefined;
}

/**
 * Judges by their counters which owners are silent. Clocks of different machines are not compared: a counter that has not
 * changed for so long on the own clock belongs to nobody any more.
 */
export class SilenceWatch {
  readonly #silentMs: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly text: string; readonly at: number }>();

  constructor(silentMs: number, now: () => number = () => performance.now()) {
    this.#silentMs = silentMs;
    this.#now = now;
  }

  isSilent(folder: string, attempt: number): boolean {
    const path = join(folder, stateNames.beat(attempt));
    const text = textIfThere(path) ?? "";
    const before = this.#seen.get(path);
    if (before === undefined || before.text !== text) {
      this.#seen.set(path, { text, at: this.#now() });
      return false;
    }
    return this.#now() - before.at >= this.#silentMs;
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Partial<Owner> | null;
    const { place, pid, process } = found ?? {};
    const isOwner =
      typeof place === "string" && Number.isSafeInteger(pid) && typeof process === "string";
    return isOwner ? (found as Owner) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, ["ENOENT"])) return undefined;
    throw error;
  }
}

function ownPlace(): string {
  const container = linkOf("/proc/self/ns/pid");
  return `${hostname()} ${textIfThere("/proc/sys/kernel/random/boot_id")?.trim() ?? ""} ${container}`;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // A system without such a list has no containers of its kind.
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
