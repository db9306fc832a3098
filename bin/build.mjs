#!/usr/bin/env node
// Compiles the TypeScript sources to dist/ when dist/ is missing or older than they are: a file for each
// module, and in dist/bundle/ the command and the library with what they import in few files. Reading a
// thousand files, most of them chevrotain's and its helpers', takes longer than to compile a small model.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { argv, kill, pid } from "node:process";
import { fileURLToPath } from "node:url";

export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const sourceFolders = ["compiler", "runtime", "examples"];
const stampFile = join(packageRoot, "dist", "built");
/** What is loaded as it is installed: binaries, and what is large and seldom needed. */
const notBundled = ["sharp", "webgpu", "tar", "ts-morph", "@sparticuz/chromium"];
const entries = [
  "dist/compiler/cli/main.js",
  "dist/compiler/api/library.js",
  // Threads begin with a file of their own.
  "dist/runtime/data/data-worker.js",
];

/** What the sources look like now: their number and the newest change. A moved clock cannot hide a change. */
function sourceStamp() {
  let count = 0;
  let newest = 0;
  for (const folder of sourceFolders) {
    const path = join(packageRoot, folder);
    if (!existsSync(path)) continue;
    for (const entry of readdirSync(path, { recursive: true })) {
      if (!entry.endsWith(".ts")) continue;
      count += 1;
      newest = Math.max(newest, statSync(join(path, entry)).mtimeMs);
    }
  }
  newest = Math.max(newest, configurationTime());
  return `${count} ${newest}`;
}

function configurationTime() {
  const path = join(packageRoot, "tsconfig.build.json");
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function isFresh() {
  // An installed package has dist/ and no sources but those of the examples.
  if (!existsSync(join(packageRoot, "compiler"))) return true;
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === sourceStamp();
}

/** Two commands started together must not write dist/ at the same time. False where another one does not end. */
function withLock(action) {
  const lock = join(packageRoot, "node_modules", ".weft-build-lock");
  const deadline = Date.now() + 600_000;
  while (!takes(lock)) {
    if (isAbandoned(lock)) rmSync(lock, { recursive: true, force: true });
    else if (Date.now() > deadline) {
      console.error(`weft: another process has been building dist/ for ten minutes (${lock})`);
      return false;
    } else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  try {
    return action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function takes(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(lock, "pid"), String(pid));
  return true;
}

/** Left by a process that is gone. A busy machine may need minutes for a build: age alone says nothing. */
function isAbandoned(lock) {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age < 60_000) return false;
  try {
    const holder = Number(readFileSync(join(lock, "pid"), "utf8"));
    // 0 would be ourselves: nobody wrote into the file.
    return holder <= 0 || !kill(holder, 0);
  } catch (error) {
    // Another user's process may not be told anything.
    return error.code !== "EPERM";
  }
}

/** Builds if needed. Returns whether dist/ is usable; says on stderr what it does and what went wrong. */
export function ensureBuilt() {
  if (isFresh()) return true;
  const compiler = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    console.error(
      "weft: dist/ must be built and TypeScript is not installed; run `npm install` in the project's folder",
    );
    return false;
  }
  return withLock(() => {
    if (isFresh()) return true;
    const stamp = sourceStamp();
    console.error("weft: building dist/ from the sources ...");
    if (!run([compiler, "-p", join(packageRoot, "tsconfig.build.json")], 2)) {
      console.error("weft: the sources do not compile (see above)");
      return false;
    }
    const bundler = join(packageRoot, "node_modules", "rolldown", "bin", "cli.mjs");
    const to = ["--dir", "dist/bundle", "--cleanDir", "--format", "esm", "--platform", "node"];
    const external = notBundled.flatMap((name) => ["--external", name]);
    if (!run([bundler, ...entries, ...to, ...external], "ignore")) {
      console.error("weft: the compiled sources cannot be bundled (see above)");
      return false;
    }
    writeFileSync(stampFile, stamp);
    return true;
  });
}

/** Runs a script of a package in the project's folder. */
function run(args, stdout) {
  const options = { cwd: packageRoot, stdio: ["ignore", stdout, 2] };
  return spawnSync(process.execPath, args, options).status === 0;
}

if (argv[1] === fileURLToPath(import.meta.url)) process.exitCode = ensureBuilt() ? 0 : 1;
