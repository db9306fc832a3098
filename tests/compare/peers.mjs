#!/usr/bin/env node
// Weft beside jax-js and TensorFlow.js: the forward pass of a 12-layer, width-192 vision transformer
// (16 px patches, 224 px, batch 8), f32, on one software adapter, one library after the other, in turns.
//
//   node tests/compare/peers.mjs [--runs 5] [--rounds 2] [--driver FILE.json] [--only weft,jax-js] [--json]
//
// The peers are no dependencies: they are installed here, pinned, into a cache folder on first use.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureBuilt } from "../../bin/build.mjs";
import { flops, vit } from "./vit-weights.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const pinned = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-webgpu": "4.22.0",
};
const libraries = [
  { name: "weft", script: "run-weft.mjs" },
  { name: "jax-js", script: "run-jax.mjs" },
  { name: "tfjs", script: "run-tfjs.mjs" },
];

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    rounds: { type: "string", default: "2" },
    driver: { type: "string", default: "/usr/share/vulkan/icd.d/lvp_icd.json" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

function installPeers() {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "weft-peers");
  const description = JSON.stringify({ private: true, dependencies: pinned }, null, 2);
  const file = join(folder, "package.json");
  const isThere =
    existsSync(file) &&
    readFileSync(file, "utf8") === description &&
    Object.keys(pinned).every((name) => existsSync(join(folder, "node_modules", name)));
  if (isThere) return folder;
  console.error(
    `installing ${Object.entries(pinned)
      .map(([name, version]) => `${name}@${version}`)
      .join(", ")} ...`,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, description);
  const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", npm, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the peers could not be installed");
  return folder;
}

function runOnce(library, peersFolder, logitsFile) {
  const environment = { ...process.env, WEFT_PEERS: peersFolder, VK_DRIVER_FILES: options.driver };
  const child = spawnSync(
    process.execPath,
    [join(here, library.script), options.runs, logitsFile],
    {
      env: environment,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    },
  );
  if (child.status !== 0) throw new Error(`${library.name} failed:\n${child.stderr}`);
  return JSON.parse(child.stdout.trim().split("\n").at(-1));
}

function relativeError(output, expected) {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i += 1) {
    difference += (output[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return output.length === expected.length
    ? Math.sqrt(difference / norm)
    : Number.POSITIVE_INFINITY;
}

function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function readLogits(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function compare() {
  if (!existsSync(options.driver))
    throw new Error(`no Vulkan driver at ${options.driver}; name one with --driver`);
  const wanted = options.only?.split(",");
  const chosen = libraries.filter(
    (library) => wanted === undefined || wanted.includes(library.name),
  );
  const peersFolder = installPeers();
  const folder = mkdtempSync(join(tmpdir(), "weft-compare-"));
  const results = new Map(chosen.map((library) => [library.name, { times: [] }]));
  try {
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const library of chosen) {
        console.error(`${library.name}, round ${round + 1} of ${options.rounds} ...`);
        const logitsFile = join(folder, `${library.name}.f32`);
        const result = runOnce(library, peersFolder, logitsFile);
        const soFar = results.get(library.name);
        const times = [...soFar.times, ...result.times];
        const firstMs = soFar.firstMs ?? result.firstMs;
        results.set(library.name, { ...result, times, firstMs, logits: readLogits(logitsFile) });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

function report(results) {
  const rows = [];
  const judge = results.get("tfjs") ?? results.values().next().value;
  const own = results.get("weft");
  for (const [name, result] of results) {
    const medianMs = median(result.times);
    rows.push({
      library: name,
      medianMs,
      minMs: Math.min(...result.times),
      maxMs: Math.max(...result.times),
      runs: result.times.length,
      gflops: flops / medianMs / 1e6,
      firstMs: result.firstMs,
      dispatches: result.dispatches,
      submits: result.submits,
      peakBytes: result.peakBytes,
      error: relativeError(result.logits, judge.logits),
      timesSlower: own === undefined ? undefined : medianMs / median(own.times),
    });
  }
  const adapter = results.values().next().value.adapter;
  if (options.json) {
    console.log(JSON.stringify({ adapter, flops, model: vit, rows }, null, 2));
    return;
  }
  console.log(`adapter: ${adapter}`);
  console.log(
    "library    median ms      min      max  runs  GFLOP/s  first ms  dispatches  submits  peak MB    error  x weft",
  );
  for (const row of rows) {
    const cells = [
      row.library.padEnd(8),
      row.medianMs.toFixed(0).padStart(11),
      row.minMs.toFixed(0).padStart(9),
      row.maxMs.toFixed(0).padStart(9),
      String(row.runs).padStart(6),
      row.gflops.toFixed(1).padStart(9),
      row.firstMs.toFixed(0).padStart(10),
      String(row.dispatches).padStart(12),
      String(row.submits).padStart(9),
      (row.peakBytes / 1e6).toFixed(0).padStart(9),
      row.error.toExponential(1).padStart(9),
      (row.timesSlower?.toFixed(2) ?? "").padStart(8),
    ];
    console.log(cells.join(""));
  }
}

if (!ensureBuilt()) process.exit(3);
report(compare());
