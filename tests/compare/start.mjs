#!/usr/bin/env node
// How long InternViT-6B takes from text to kernels that have run once: cold, and at a second start.
//
//   node tests/compare/start.mjs [--device lavapipe] [--runs 3] [--check] [--markdown]
//
// "Cold" has neither plans of ours nor compiled kernels of Mesa on the disk; "second" has both. Every start is
// a process of its own; the least of the runs counts. Nothing is loaded: 24 GB of weights are another matter.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureBuilt } from "../../bin/build.mjs";
import { countOption } from "./count-option.mjs";
import { markdownTable, plainTable } from "./report.mjs";

const { values: options } = parseArgs({
  options: {
    device: { type: "string", default: "lavapipe" },
    runs: { type: "string", default: "3" },
    check: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
});

const stages = {
  node: "Node and modules",
  device: "open the device",
  compile: "text to plan and WGSL",
  pipelines: "pipelines and buffers",
  firstDispatch: "first dispatch of each kernel",
  textToKernels: "**text to kernels that have run**",
  process: "**the whole process**",
};

function startOnce(folder, caches) {
  const script = fileURLToPath(new URL("start-once.mjs", import.meta.url));
  const kept = { WEFT_CACHE: join(folder, "weft"), MESA_SHADER_CACHE_DIR: join(folder, "mesa") };
  const none = {
    WEFT_CACHE: mkdtempSync(join(folder, "none-")),
    MESA_SHADER_CACHE_DISABLE: "true",
  };
  const { MESA_SHADER_CACHE_DISABLE: _, ...environment } = process.env;
  const child = spawnSync(execPath, [script, options.device], {
    env: { ...environment, ...(caches ? kept : none) },
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(`the start failed:\n${child.stderr}`);
  return JSON.parse(child.stdout);
}

/** The start whose whole process was the shortest. */
const fastest = (starts) =>
  starts.reduce((one, other) => (other.stages.process < one.stages.process ? other : one));

function measureStarts() {
  const folder = mkdtempSync(join(tmpdir(), "weft-start-"));
  try {
    const runs = Array.from({ length: countOption("runs", options.runs) });
    const cold = fastest(runs.map(() => startOnce(folder, false)));
    startOnce(folder, true); // Fills the caches.
    return { cold, second: fastest(runs.map(() => startOnce(folder, true))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function showStarts() {
  const { cold, second } = measureStarts();
  const lines = Object.entries(stages).map(([key, title]) => [
    options.markdown ? title : title.replaceAll("**", ""),
    cold.stages[key].toFixed(0),
    second.stages[key].toFixed(0),
  ]);
  const { kernels, dispatches, adapter } = cold;
  const table = options.markdown ? markdownTable : plainTable;
  console.log(`InternViT-6B, ${dispatches} dispatches of ${kernels} kernels, on ${adapter}\n`);
  console.log(`${table(["milliseconds", "cold", "second start"], lines)}\n`);
  if (!options.check) return 0;
  const isCold = cold.stages.textToKernels < 5000;
  const isWarm = second.stages.process < 2000;
  const word = (holds) => (holds ? "yes" : "NO");
  console.log(`cold in 5 s: ${word(isCold)}; second start in 2 s: ${word(isWarm)}`);
  return isCold && isWarm ? 0 : 1;
}

if (!ensureBuilt()) process.exit(3);
try {
  process.exitCode = showStarts();
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
