import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");

/** A folder with what a clone of this repository would have, installed and built, and nothing else. */
export interface Clone {
  readonly folder: string;
  /** Takes away what commands have left at its top. */
  readonly clear: () => void;
  readonly remove: () => void;
}

/** `undefined` where this repository is no clone itself, so that nobody knows which of its files belong to it. */
export function makeClone(): Clone | undefined {
  const files = trackedFiles();
  if (files === undefined) return undefined;
  execFileSync(process.execPath, [join(root, "bin", "build.mjs")], { stdio: "ignore" });
  const folder = mkdtempSync(join(tmpdir(), "weft-clone-"));
  // `dist` knows the sources that it was made of by their times.
  for (const path of [...files, "dist"])
    cpSync(join(root, path), join(folder, path), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const own = new Set(readdirSync(folder));
  return {
    folder,
    clear() {
      for (const name of readdirSync(folder))
        if (!own.has(name)) rmSync(join(folder, name), { recursive: true });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function trackedFiles(): readonly string[] | undefined {
  try {
    const listed = git("ls-files");
    const deleted = new Set(git("ls-files", "--deleted").split("\n"));
    return listed.split("\n").filter((path) => path !== "" && !deleted.has(path));
  } catch {
    return undefined;
  }
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}
