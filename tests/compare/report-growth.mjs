#!/usr/bin/env node
// How the time of a report grows with the cells of a study, of what is made up and takes no time itself.
//
//   node tests/compare/report-growth.mjs [--cells 10,30,100,300,1000] [--seeds 3] [--steps 30] [--plots docs/plots] [--check]
//
// Prints seconds of the processor, so that other work on the machine counts little. `--check` fails where a report takes more
// than a line through its cells allows.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse, View } from "vega";
import { compile } from "vega-lite";
import { ensureBuilt } from "../../bin/build.mjs";
import { countOption } from "./count-option.mjs";
import { manyCells } from "./growth/many-cells.mjs";
import { plainTable } from "./report.mjs";

const { values: options } = parseArgs({
  options: {
    cells: { type: "string", default: "10,30,100,300,1000" },
    seeds: { type: "string", default: "3" },
    steps: { type: "string", default: "30" },
    plots: { type: "string" },
    check: { type: "boolean", default: false },
  },
});

const tables = ["csv", "json"];

async function measure(writeReport, cells, formats) {
  const folder = mkdtempSync(join(tmpdir(), "weft-growth-"));
  const results = manyCells(
    cells,
    countOption("seeds", options.seeds),
    countOption("steps", options.steps),
  );
  try {
    const before = process.cpuUsage();
    await writeReport(results, folder, { formats, to: folder });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function showGrowth() {
  const { writeReport } = await import("../../dist/compiler/api/studies/reports/write-report.js");
  const points = [];
  // Once for nothing: what is loaded and compiled first belongs to no point.
  await measure(writeReport, 4, [...tables, "html"]);
  for (const given of options.cells.split(",")) {
    const cells = countOption("cells", given);
    const tableSeconds = await measure(writeReport, cells, tables);
    const pageSeconds = await measure(writeReport, cells, ["html"]);
    points.push({ cells, tableSeconds, pageSeconds });
  }
  const rows = points.map((point) =>
    [point.cells, point.tableSeconds.toFixed(3), point.pageSeconds.toFixed(3)].map(String),
  );
  console.log(plainTable(["cells", "tables s", "page with figures s"], rows));
  if (options.plots !== undefined) await writePlot(points, options.plots);
  return options.check ? check(points) : 0;
}

/** Fewer cells have more time each: what does not depend on them weighs more. */
function check(points) {
  const [first, last] = [points[0], points.at(-1)];
  const growth = (key) => last[key] / first[key] / (last.cells / first.cells);
  const broken = ["tableSeconds", "pageSeconds"].filter((key) => growth(key) > 1.25);
  for (const key of broken)
    console.error(
      `not as it should be: ${key} grows ${growth(key).toFixed(2)} times as fast as cells`,
    );
  return broken.length === 0 ? 0 : 1;
}

async function writePlot(points, folder) {
  mkdirSync(folder, { recursive: true });
  const values = points.flatMap(({ cells, tableSeconds, pageSeconds }) => [
    { cells, seconds: tableSeconds, what: "tables" },
    { cells, seconds: pageSeconds, what: "page with figures" },
  ]);
  const log = { type: "log" };
  const { spec } = compile({
    title: "A report by the cells of its study",
    background: "white",
    width: 420,
    height: 260,
    data: { values },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "cells", type: "quantitative", scale: log, title: "cells, 3 seeds each" },
      y: { field: "seconds", type: "quantitative", scale: log, title: "seconds of the processor" },
      color: {
        field: "what",
        type: "nominal",
        scale: { range: ["#0072B2", "#D55E00"] },
        legend: { title: null, orient: "bottom" },
      },
      shape: { field: "what", type: "nominal" },
    },
    config: { font: "sans-serif", view: { stroke: null } },
  });
  const view = new View(parse(spec), { renderer: "none" });
  writeFileSync(join(folder, "growth-reports.svg"), `${await view.toSVG()}\n`);
  const lines = points.map((point) =>
    Object.values(point)
      .map((one) => Number(one.toFixed(3)))
      .join(),
  );
  writeFileSync(
    join(folder, "growth-reports.csv"),
    `${[Object.keys(points[0]).join(), ...lines].join("\n")}\n`,
  );
}

if (!ensureBuilt()) process.exit(3);
process.exit(await showGrowth());
