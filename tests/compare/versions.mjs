#!/usr/bin/env node
// The kernels of the benchmark tables in two checkouts, measured in turn in one run: what is slower than before?
//
//   node tests/compare/versions.mjs OLD-CHECKOUT [--work NAME ...] [--rounds 4] [--device lavapipe] [--markdown]
//
// Each command is a process of its own, old and new one after the other, so that a machine whose speed drifts
// treats both alike. A kernel's time is the median of a process; the ratio is that of the medians over rounds.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { countOption } from "./count-option.mjs";
import { markdownTable, plainTable } from "./report.mjs";
import { median } from "./statistics.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: "string", multiple: true },
    rounds: { type: "string", default: "4" },
    device: { type: "string", default: "lavapipe" },
    markdown: { type: "boolean", default: false },
  },
});

const internvit = ["models/internvit/internvit.weft", "--mode", "forward"];
const decoder = ["tests/compare/works/decode.weft", "--model", "Decoder", "--mode", "greedy"];

const works = {
  InternViT_S: [...internvit, "--model", "InternViT_S"],
  "InternViT_S f16": [...internvit, "--model", "InternViT_S", "--precision", "f16"],
  "InternViT_6B, a block": [
    ...internvit,
    "--model",
    "InternViT_6B",
    "--set",
    "depth=1",
    "--runs",
    "3",
  ],
  "ViT-Ti": [
    "tests/compare/works/vit.weft",
    "--model",
    "Vit",
    "--mode",
    "classify",
    "--batch",
    "8",
  ],
  decoder: decoder,
  "decoder int4": [...decoder, "--quantize", "int4"],
};

const here = fileURLToPath(new URL("../..", import.meta.url));

function benchOnce(checkout, args) {
  const fixed = ["--weights", "random:1", "--device", options.device, "--no-cache", "--json"];
  const script = resolve(checkout, "bin/weft.mjs");
  const child = spawnSync(execPath, [script, "bench", ...args, ...fixed], {
    cwd: checkout,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (child.status !== 0) throw new Error(`bench in ${checkout} failed:\n${child.stderr}`);
  return JSON.parse(child.stdout).reports;
}

/** Milliseconds of a run by kernel, and of the whole, over all steps of a mode. */
function timesOf(reports) {
  return reports.flatMap((report) => [
    ...report.kernels.map((kernel, n) => ({
      step: report.mode,
      place: n,
      name: kernel.name,
      ms: kernel.timeMs,
    })),
    { step: report.mode, place: -1, name: "whole run", ms: report.deviceMs },
  ]);
}

function compareWork([title, args], old, rounds) {
  const found = new Map();
  for (let round = 0; round < rounds; round += 1) {
    // The order changes from round to round: whoever comes second finds a warmer machine.
    const both = round % 2 === 0 ? [old, here] : [here, old];
    for (const checkout of both)
      for (const { step, name, ms } of timesOf(benchOnce(checkout, args))) {
        const key = `${step} ${name}`;
        const times = found.get(key) ?? { step, name, old: [], now: [] };
        times[checkout === old ? "old" : "now"].push(ms);
        found.set(key, times);
      }
  }
  return [...found.values()].map((times) => [title, times]);
}

function rowOf([title, { step, name, old, now }]) {
  if (old.length === 0 || now.length === 0)
    return [title, step, name, "", "", old.length === 0 ? "new" : "gone", ""];
  const ratio = median(now) / median(old);
  const spread = Math.max(...old) / Math.min(...old);
  return [title, step, name, median(old), median(now), ratio, spread].map((cell) =>
    typeof cell === "number" ? cell.toFixed(2) : cell,
  );
}

const [old] = positionals;
if (old === undefined) throw new Error("say the folder of the old checkout");
const rounds = countOption("rounds", options.rounds);
const unknown = options.work?.find((name) => works[name] === undefined);
if (unknown !== undefined)
  throw new Error(`there is no work \`${unknown}\`, only ${Object.keys(works).join("; ")}`);
const chosen = Object.entries(works).filter(([name]) => options.work?.includes(name) ?? true);
const rows = chosen.flatMap((work) => compareWork(work, resolve(old), rounds));
const table = options.markdown ? markdownTable : plainTable;
const heads = ["work", "step", "kernel", "old ms", "new ms", "new / old", "spread of old"];
console.log(table(heads, rows.map(rowOf)));
