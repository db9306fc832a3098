#!/usr/bin/env node
// How near the time that `weft ablate` estimates is to the time that it takes, with one job on a machine that does nothing else.
//
//   node tests/compare/study-estimate.mjs [FILE --experiment E --out FOLDER [options of weft ablate]]
//
// Without a file a study of emoji, of two cells with two seeds, which takes about three minutes and needs `weft data get emoji`. Prints
// both times and their ratio; the exit code is 1 where they differ by more than a fifth of what was taken. The time to measure and
// to make the folder is not part of either.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { execPath } from "node:process";
import { ensureBuilt, packageRoot } from "../../bin/build.mjs";

/** All patches of a drawing, and a quarter of them. */
function writeStudy(folder) {
  const file = join(folder, "study.weft");
  const pairs = relative(folder, join(packageRoot, "examples", "ablations", "pairs"));
  writeFileSync(
    file,
    `import { Pairs, learn } from ${JSON.stringify(pairs.split(sep).join("/"))}

experiment two of Pairs {
  set kept in [16, 4]
  run learn for 60 steps
  seeds 0..2
  measure found = retrieval(dataset: "emoji", split: "held-out")
}
`,
  );
  const tokenizer = join(packageRoot, "models", "internvl-small", "tokenizer.model");
  const records = ["--data", "emoji", "--split", "train", "--tokenizer", tokenizer];
  return [file, "--experiment", "two", "--out", join(folder, "study"), ...records];
}

/** Both times of a study in milliseconds; undefined where it was not run to its end, or not estimated. */
async function timesOf(request) {
  const command = join(packageRoot, "bin", "weft.mjs");
  const child = spawn(execPath, [command, "ablate", ...request, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [rest, begun, ended, estimate, end] = ["", 0, 0, undefined, undefined];
  child.stdout.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.map((text) => JSON.parse(text))) {
      if (line.kind === "begin") [begun, estimate] = [performance.now(), line.plan.totalMs];
      if (line.kind === "end") [ended, end] = [performance.now(), line];
    }
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  // Who asks for some of the cells leaves the others.
  const isPart = request.some((word) => /^--only(=|$)/.test(word));
  const isWhole = end?.complete === true || (isPart && end?.done > 0);
  if (code !== 0 || estimate === undefined || !isWhole) return undefined;
  return { estimate, taken: ended - begun };
}

async function compareTimes(request) {
  const found = await timesOf(request);
  if (found === undefined) {
    console.error("the study has not come to its end, or was not estimated");
    return 2;
  }
  const { estimate, taken } = found;
  const ratio = estimate.median / taken;
  const shown = (ms) => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `estimated ${shown(estimate.median)} (${shown(estimate.least)} to ${shown(estimate.most)}), taken ${shown(taken)}: ${ratio.toFixed(3)} of it`,
  );
  return Math.abs(ratio - 1) <= 0.2 ? 0 : 1;
}

if (!ensureBuilt()) process.exit(3);
const folder = mkdtempSync(join(tmpdir(), "weft-estimate-"));
try {
  const given = process.argv.slice(2);
  process.exitCode = await compareTimes(given.length > 0 ? given : writeStudy(folder));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
