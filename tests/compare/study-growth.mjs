#!/usr/bin/env node
// How the time to plan a study and to report it grows with its cells. What the cells train takes no time itself.
//
//   node tests/compare/study-growth.mjs [--cells 10,30,100,300,1000] [--seeds 3] [--steps 30] [--plots docs/plots] [--check]
//
// Prints seconds of the processor, so that other work on the machine counts little. Planning is what `--dry-run` does, for cells
// that are all one program and for cells that are each one of their own. `--check` fails where something takes more than a line
// through the cells allows.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse, View } from "vega";
import { compile } from "vega-lite";
import { ensureBuilt } from "../../bin/build.mjs";
import { countOption } from "./count-option.mjs";
import { manyCells } from "./growth/many-cells.mjs";
import { manyTrials } from "./growth/many-trials.mjs";
import { markdownTable } from "./report.mjs";

const { values: options } = parseArgs({
  options: {
    cells: { type: "string", default: "10,30,100,300,1000" },
    seeds: { type: "string", default: "3" },
    steps: { type: "string", default: "30" },
    plots: { type: "string" },
    check: { type: "boolean", default: false },
  },
});

/** What is measured, in the order of the table. Pages hang on the panels of their figures, which are at most 24. */
const kinds = [
  { name: "plan, one program", color: "#009E73", isLine: true },
  { name: "plan, a program each", color: "#CC79A7", isLine: true },
  { name: "report, tables", color: "#0072B2", isLine: true },
  { name: "report, page with figures", color: "#D55E00", isLine: false },
];

async function showGrowth() {
  const folder = mkdtempSync(join(tmpdir(), "weft-growth-"));
  try {
    const works = await worksIn(folder);
    // Once for nothing: what is loaded and compiled first belongs to no point.
    for (const prepare of works) await secondsOf(prepare(4));
    const points = [];
    for (const given of options.cells.split(",")) {
      const cells = countOption("cells", given);
      console.error(`${cells} cells ...`);
      const seconds = [];
      for (const prepare of works) seconds.push(await secondsOf(prepare(cells)));
      points.push({ cells, seconds });
    }
    const rows = points.map(({ cells, seconds }) => [cells, ...seconds.map(shown)].map(String));
    console.log(markdownTable(["cells", ...kinds.map(({ name }) => name)], rows));
    if (options.plots !== undefined) await writePlot(points, options.plots);
    return options.check ? check(points) : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For each kind what makes ready, and gives what is to be done, with so many cells. */
async function worksIn(folder) {
  const { resolveStudy } = await import("../../dist/compiler/api/studies/resolve-study.js");
  const { writeReport } = await import("../../dist/compiler/api/studies/reports/write-report.js");
  const plan = (varied) => (cells) => {
    const file = join(folder, `${varied}-${cells}.weft`);
    writeFileSync(file, manyTrials(cells, varied));
    return () => {
      const { study, diagnostics } = resolveStudy(file, "many");
      if (study?.cells.length !== cells)
        throw new Error(`not a study of ${cells} cells: ${diagnostics[0]?.message}`);
    };
  };
  const report = (formats) => (cells) => {
    const [seeds, steps] = ["seeds", "steps"].map((name) => countOption(name, options[name]));
    const results = manyCells(cells, seeds, steps);
    return () => writeReport(results, folder, { formats, to: folder });
  };
  return [plan("rates"), plan("sizes"), report(["csv", "json"]), report(["html"])];
}

async function secondsOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function shown(seconds) {
  return seconds.toFixed(seconds < 10 ? 2 : 1);
}

/**
 * Over the whole range, and where it is a line over the last step too, where what does not depend on the cells weighs least. Few cells
 * have more time each.
 */
function check(points) {
  const [first, last] = [points[0], points.at(-1)];
  const before = points.at(-2) ?? first;
  const broken = kinds.flatMap(({ name, isLine }, at) => {
    const growth = (from) => last.seconds[at] / from.seconds[at] / (last.cells / from.cells);
    const most = Math.max(growth(first), isLine ? growth(before) : 0);
    return most > 1.25 ? [`${name} grows ${most.toFixed(2)} times as fast as cells`] : [];
  });
  for (const line of broken) console.error(`not as it should be: ${line}`);
  if (broken.length === 0) console.log("\nnothing grows faster than cells");
  return broken.length === 0 ? 0 : 1;
}

async function writePlot(points, folder) {
  mkdirSync(folder, { recursive: true });
  const values = points.flatMap(({ cells, seconds }) =>
    kinds.map(({ name }, at) => ({ cells, seconds: seconds[at], what: name })),
  );
  const own = {
    field: "what",
    type: "nominal",
    sort: null,
    legend: { title: null, orient: "bottom", columns: 2, symbolLimit: 0, labelLimit: 0 },
  };
  const log = { type: "log", nice: false };
  const { spec } = compile({
    title: "A study by its cells",
    background: "white",
    width: 420,
    height: 280,
    data: { values },
    mark: { type: "line", point: { filled: true, size: 50 } },
    encoding: {
      x: {
        field: "cells",
        type: "quantitative",
        scale: log,
        title: "cells",
        axis: { values: points.map(({ cells }) => cells), format: "d" },
      },
      y: {
        field: "seconds",
        type: "quantitative",
        scale: { type: "log" },
        title: "seconds of the processor",
        axis: { format: "~g", values: [0.01, 0.1, 1, 10, 100] },
      },
      color: {
        ...own,
        scale: { domain: kinds.map(({ name }) => name), range: kinds.map(({ color }) => color) },
      },
      shape: { ...own, scale: { domain: kinds.map(({ name }) => name) } },
    },
    config: { font: "sans-serif", view: { stroke: null } },
  });
  const view = new View(parse(spec), { renderer: "none" });
  writeFileSync(join(folder, "growth-studies.svg"), `${await view.toSVG()}\n`);
  const lines = points.map(({ cells, seconds }) =>
    [cells, ...seconds.map((one) => Number(one.toFixed(3)))].join(),
  );
  const titles = ["cells", ...kinds.map(({ name }) => JSON.stringify(name))].join();
  writeFileSync(join(folder, "growth-studies.csv"), `${[titles, ...lines].join("\n")}\n`);
}

if (!ensureBuilt()) process.exit(3);
process.exit(await showGrowth());
