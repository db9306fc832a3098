// Runs every library on one work, in turns, each time in a process of its own.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { readElements, writeWork } from "./tensor-files.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** What `libraries/ort.mjs` marks in the log. */
const countedPart = /counted run begins(.*)counted run ends/s;

/** What each library said, by its name: `times` of all rounds, the last round's counts, or why there are none. */
export function compareWork(work, libraries, { folder, peersFolder, runs, rounds, driver }) {
  console.error(`${work.name}: writing tensors ...`);
  writeWork(work, folder);
  const environment = { ...process.env, WEFT_PEERS: peersFolder, VK_DRIVER_FILES: driver };
  const results = new Map();
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name } of libraries) {
      const before = results.get(name);
      if (before?.times === undefined && before !== undefined) continue;
      console.error(`${work.name}: ${name}, round ${round} of ${rounds} ...`);
      const result = runLibrary(name, work, {
        folder,
        runs,
        environment,
        isCounted: round === 1,
      });
      const times = result.times && [...(before?.times ?? []), ...result.times];
      const firstMs = before?.firstMs ?? result.firstMs;
      results.set(name, { ...before, ...result, times, firstMs });
    }
  }
  return results;
}

function runLibrary(name, work, { folder, runs, environment, isCounted }) {
  const resultFile = join(folder, `${name}.f32`);
  const words = [join(here, "run-library.mjs"), name, work.name, String(runs), folder, resultFile];
  if (isCounted) words.push("count");
  const child = spawnSync(execPath, words, {
    env: environment,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (child.status !== 0) return { failed: lastLines(child) };
  const said = JSON.parse(child.stdout.trim().split("\n").at(-1));
  if (said.cannot !== undefined) return said;
  return { ...said, ...loggedCounts(child.stderr), output: readElements(resultFile) };
}

/** ONNX Runtime's Dawn is its own; its log tells of dispatches and not of submits. */
function loggedCounts(log) {
  const counted = countedPart.exec(log)?.[1];
  if (counted === undefined) return {};
  const dispatches = counted.split("Starting program").length - 1;
  return { dispatches: dispatches || undefined };
}

function lastLines({ stderr, signal, status }) {
  const lines = stderr.split("\n").filter((line) => /error|fail|cannot/i.test(line));
  return `${signal ?? `exit ${status}`}: ${lines[0]?.trim().slice(0, 300) ?? "no word of why"}`;
}
