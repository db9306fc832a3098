#!/usr/bin/env node
// Weft beside jax-js, TensorFlow.js and ONNX Runtime, all on WebGPU and on one adapter (PyTorch on the CPU for training): a product, a block of
// InternViT-6B, a small vision transformer, decoding, and training that transformer. One process at a time, the libraries in turns.
//
//   node tests/compare/peers.mjs [--work gemm,block,vit,decode,train] [--only weft,jax,tfjs,ort,torch] [--runs N]
//                                [--rounds N] [--driver FILE.json] [--markdown | --json]
//
// The peers are no dependencies: they are installed here, pinned, into a cache folder on first use.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuilt } from "../../bin/build.mjs";
import { compareWork } from "./compare-work.mjs";
import { countOption } from "./count-option.mjs";
import { libraries } from "./libraries/all-libraries.mjs";
import { installPeers } from "./peer-packages/install-peers.mjs";
import { reportTable, rowsOf } from "./report.mjs";
import { works } from "./works/all-works.mjs";

const { values: options } = parseArgs({
  options: {
    work: { type: "string" },
    only: { type: "string" },
    runs: { type: "string" },
    rounds: { type: "string", default: "2" },
    driver: { type: "string", default: "/usr/share/vulkan/icd.d/lvp_icd.json" },
    markdown: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

/** Those that a list names, in their own order; all without a list. */
function chosen(all, list, option) {
  if (list === undefined) return all;
  const names = list.split(",");
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`--${option}: there is no \`${unknown}\`, only ${known.join(", ")}`);
  return all.filter(({ name }) => names.includes(name));
}

function comparePeers() {
  if (!existsSync(options.driver))
    throw new Error(`no Vulkan driver at ${options.driver}; name one with --driver`);
  const wanted = chosen(libraries, options.only, "only");
  const all = [
    ...wanted.filter(({ name }) => name !== "judge"),
    ...libraries.filter(({ name }) => name === "judge"),
  ];
  const peersFolder = installPeers();
  const tables = [];
  for (const work of chosen(works, options.work, "work")) {
    const contenders = all.filter(({ works: own }) => own?.includes(work.name) ?? true);
    const folder = mkdtempSync(join(peersFolder, `${work.name}-`));
    try {
      const rounds = countOption("rounds", options.rounds);
      const runs = options.runs === undefined ? work.runs : countOption("runs", options.runs);
      const { driver } = options;
      const results = compareWork(work, contenders, { folder, peersFolder, runs, rounds, driver });
      const adapter = [...results.values()].find((result) => result.adapter)?.adapter;
      tables.push({ work, adapter, rows: rowsOf(work, contenders, results) });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    if (!options.json) console.log(reportTable(tables.at(-1), options.markdown));
  }
  if (options.json) console.log(JSON.stringify(tables.map(plain), null, 2));
  const hasFailed = tables.some(({ rows }) => rows.some((row) => row.failed !== undefined));
  process.exitCode = hasFailed ? 1 : 0;
}

const plain = ({ work, adapter, rows }) => {
  const { name, title, sizes, flops } = work;
  return { work: name, title, adapter, sizes, flops, rows };
};

if (!ensureBuilt()) process.exit(3);
try {
  comparePeers();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
