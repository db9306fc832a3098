#!/usr/bin/env node
// A checkpoint as large as an official one, with its headers and random numbers, to measure loading on.
//
//   node tests/compare/write-checkpoint.mjs [NAME FOLDER]
//
// Without arguments it lists the names.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const checkpoints = new URL("../support/models/official-checkpoints.ts", import.meta.url);
const numbers = new URL("../support/kernels/write-random.ts", import.meta.url);
const { module: official } = await runnerImport(fileURLToPath(checkpoints));
const { module: writing } = await runnerImport(fileURLToPath(numbers));
const [name, folder] = process.argv.slice(2);
const checkpoint = official.officialCheckpoints[name];
if (checkpoint === undefined || folder === undefined) {
  console.log(Object.keys(official.officialCheckpoints).join("\n"));
} else {
  const started = performance.now();
  writing.writeRandom(folder, checkpoint);
  console.log(`wrote ${folder} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
