#!/usr/bin/env node
// How time and memory of InternViT-S grow with the batch, the number of tokens and the depth.
//
//   node tests/compare/growth.mjs [--sweep batch,tokens,depth] [--device lavapipe] [--runs 3]
//                                 [--plots docs/plots] [--check] [--markdown]
//
// Writes a table (CSV) and a plot (SVG) for each sweep. `--check` fails where what should grow along a line
// does not.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuilt } from "../../bin/build.mjs";
import { countOption } from "./count-option.mjs";
import { checkSweep } from "./growth/check-sweep.mjs";
import { describeFit, fitSweep } from "./growth/fit-sweep.mjs";
import { measureSweep } from "./growth/measure-sweep.mjs";
import { plotSweep } from "./growth/plot-sweep.mjs";
import { sweeps } from "./growth/sweeps.mjs";
import { markdownTable, plainTable } from "./report.mjs";

const { values: options } = parseArgs({
  options: {
    sweep: { type: "string", default: sweeps.map(({ name }) => name).join() },
    device: { type: "string", default: "lavapipe" },
    runs: { type: "string", default: "3" },
    plots: { type: "string" },
    check: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
});

const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1);
const columns = (sweep) => [
  { title: sweep.name, cell: (point) => String(point.at) },
  { title: "median ms", cell: (point) => point.medianMs.toFixed(1) },
  { title: "least ms", cell: (point) => point.leastMs.toFixed(1) },
  { title: "GFLOP/s", cell: (point) => point.gflops.toFixed(1) },
  { title: "activations MiB", cell: (point) => mebibytes(point.arenaBytes) },
  { title: "weights MiB", cell: (point) => mebibytes(point.weightBytes) },
  { title: "dispatches", cell: (point) => String(point.dispatches) },
  { title: "compile ms", cell: (point) => point.compileMs.toFixed(0) },
];

async function showGrowth() {
  const names = options.sweep.split(",");
  const unknown = names.find((name) => !sweeps.some((sweep) => sweep.name === name));
  if (unknown !== undefined) throw new Error(`--sweep: there is no \`${unknown}\``);
  const runs = countOption("runs", options.runs);
  const broken = [];
  for (const sweep of sweeps.filter(({ name }) => names.includes(name))) {
    const points = await measureSweep(sweep, options.device, runs);
    const fit = fitSweep(sweep, points);
    const shown = columns(sweep);
    const lines = points.map((point) => shown.map(({ cell }) => cell(point)));
    const titles = shown.map(({ title }) => title);
    const table = options.markdown ? markdownTable(titles, lines) : plainTable(titles, lines);
    console.log(
      `${sweep.title}, on ${points[0].adapter}\n\n${table}\n\n${describeFit(sweep, points, fit)}\n`,
    );
    if (options.plots !== undefined) await writePlot(sweep, points, fit, options.plots);
    if (options.check) broken.push(...checkSweep(sweep, points, fit));
  }
  for (const line of broken) console.error(`not as it should be: ${line}`);
  if (options.check && broken.length === 0) console.log("everything grows as it should");
  return broken.length === 0 ? 0 : 1;
}

async function writePlot(sweep, points, fit, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `growth-${sweep.name}.svg`), await plotSweep(sweep, points, fit));
  const keys = Object.keys(points[0]).filter((key) => key !== "adapter");
  const rows = points.map((point) => keys.map((key) => Number(point[key].toFixed(3))).join());
  const table = [[sweep.name, ...keys.slice(1)].join(), ...rows].join("\n");
  writeFileSync(join(folder, `growth-${sweep.name}.csv`), `${table}\n`);
}

if (!ensureBuilt()) process.exit(3);
try {
  process.exit(await showGrowth());
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
