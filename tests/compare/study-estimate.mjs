#!/usr/bin/env node
// How near the time that `weft ablate` estimates is to the time that it takes, with one job on a machine that does nothing else.
//
//   node tests/compare/study-estimate.mjs FILE --experiment E --out FOLDER [options of weft ablate]
//
// Prints both and their ratio; the exit code is 1 where they differ by more than a fifth of what was taken. The time to measure and
// to make the folder is not part of either.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { execPath } from "node:process";
import { ensureBuilt, packageRoot } from "../../bin/build.mjs";

ensureBuilt();
const command = join(packageRoot, "bin", "weft.mjs");
const child = spawn(execPath, [command, "ablate", ...process.argv.slice(2), "--json"], {
  stdio: ["ignore", "pipe", "inherit"],
});
let [rest, begun, estimate, end] = ["", 0, undefined, undefined];
child.stdout.on("data", (chunk) => {
  const lines = (rest + String(chunk)).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines.map((text) => JSON.parse(text))) {
    if (line.kind === "begin") [begun, estimate] = [performance.now(), line.plan.totalMs];
    if (line.kind === "end") end = line;
  }
});
child.on("close", (code) => {
  if (code !== 0 || estimate === undefined || end?.complete !== true) {
    console.error("the study has not come to its end, or was not estimated");
    process.exitCode = 2;
    return;
  }
  const taken = performance.now() - begun;
  const ratio = estimate.median / taken;
  const shown = (ms) => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `estimated ${shown(estimate.median)} (${shown(estimate.least)} to ${shown(estimate.most)}), taken ${shown(taken)}: ${ratio.toFixed(3)} of it`,
  );
  process.exitCode = Math.abs(ratio - 1) <= 0.2 ? 0 : 1;
});
