import { readdirSync, readFileSync, rmSync, type Stats, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../../../runtime/files/atomic-write.ts";
import { cacheFolder } from "../../../runtime/files/cache-folder.ts";
import { ensureOwnFolder, isOwnFile } from "../../../runtime/files/own-folder.ts";
import type { Artifact } from "../../artifact.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import { digestOf } from "./digest.ts";
import { isPlan, type Plan } from "./plan-shape.ts";
import { isUnchanged, type RecordedLoad } from "./recorded-loads.ts";

/** Everything that decides an artifact but the texts of the sources, as digests. */
interface PlanKey {
  /** Of the options and of the compiler itself. */
  readonly options: string;
  /** Of the device's profile. */
  readonly profile: string;
}

/**
 * Artifacts on the disk. A file is named after its key and holds, with the artifact, what the compiler
 * loaded to make it: it counts only while every one of these loads still gives the same text. So a changed
 * source, or a file that now stands where none was, is noticed, and nothing stale is ever run.
 *
 * A cache never is a reason to fail: what cannot be read is compiled, and what cannot be written is not kept.
 */
export class PlanCache {
  readonly #folder: string;
  readonly #mostBytes: number;

  constructor(folder: string = join(cacheFolder(), "plans"), mostBytes = 64 * 2 ** 20) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
  }

  /** The artifact of this key, if the sources are what they were. `loader` must be fresh. */
  find(key: PlanKey, loader: SourceLoader): Artifact | undefined {
    const path = this.#pathOf(key);
    const kept = readPlan(path);
    if (kept === undefined || !isUnchanged(kept.loads, loader)) return undefined;
    quietly(() => utimesSync(path, new Date(), new Date())); // What is used stays longest.
    return kept.artifact;
  }

  /** What these options were compiled to before, for any device, if the sources are what they were. */
  findAny(options: string, loader: SourceLoader): Artifact | undefined {
    const names = quietly(() => readdirSync(this.#folder)) ?? [];
    for (const name of names) {
      if (!name.startsWith(`${options}-`) || !name.endsWith(ending)) continue;
      const kept = readPlan(join(this.#folder, name));
      if (kept !== undefined && isUnchanged(kept.loads, loader)) return kept.artifact;
    }
    return undefined;
  }

  store(key: PlanKey, loads: readonly RecordedLoad[], artifact: Artifact): void {
    const body = exactJson({ loads, artifact });
    if (body === undefined || body.length > this.#mostBytes) return;
    const text = `${JSON.stringify({ format, digest: digestOf(body) })}\n${body}\n`;
    quietly(() => {
      if (!ensureOwnFolder(this.#folder)) return;
      writeAtomically(this.#pathOf(key), [Buffer.from(text)], 0o600);
      this.#evict();
    });
  }

  #pathOf({ options, profile }: PlanKey): string {
    return join(this.#folder, `${options}-${profile}${ending}`);
  }

  /** Removes what was not used for longest until the rest is small enough. */
  #evict(): void {
    const files = readdirSync(this.#folder).flatMap((name) => {
      const path = join(this.#folder, name);
      // Another process may remove it at the same time.
      const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? [] : [{ path, bytes: stats.size, usedMs: stats.mtimeMs }];
    });
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files.toSorted((left, right) => left.usedMs - right.usedMs)) {
      if (bytes <= this.#mostBytes) return;
      rmSync(file.path, { force: true });
      bytes -= file.bytes;
    }
  }
}

const ending = ".json";
/** Raised when the form of these files changes. */
const format = 1;

/**
 * `undefined` where there is no file, or one that is not exactly as it was written. The digest tells a damaged file; one
 * that somebody else put there is told by its owner, and one that another program left by its form.
 */
function readPlan(path: string): Plan | undefined {
  return quietly(() => {
    if (!isOwnFile(path)) return undefined;
    const text = readFileSync(path, "utf8");
    const end = text.indexOf("\n");
    const head = JSON.parse(text.slice(0, end)) as { format?: unknown; digest?: unknown } | null;
    const body = text.slice(end + 1, -1);
    if (head?.format !== format || head.digest !== digestOf(body)) return undefined;
    const found: unknown = JSON.parse(body);
    return isPlan(found) ? found : undefined;
  });
}

/** `undefined` for a value that would not come back the same: JSON has no infinities and no -0. */
function exactJson(value: unknown): string | undefined {
  let isExact = true;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "number" && (!Number.isFinite(part) || Object.is(part, -0)))
      isExact = false;
    return part;
  });
  return isExact ? text : undefined;
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
