#!/usr/bin/env node
// How well a trained InternVL-C finds the name of an emoji, and the emoji of a name, in drawings of an artist that it
// never saw; beside chance, and beside what pixels alone find.
//
//   node tests/compare/emoji-recall.mjs RUN [--data FOLDER] [--artist openmoji] [--json] [--picture FILE.png]
//
// FOLDER is what `weft data get emoji` made; without it the one in the cache is taken. Candidates are the signs that all
// artists have drawn. RUN is a run's folder or a checkpoint. The picture has six names whose right drawing is among the first
// five, and two for which it is not: the first, the last and those between at equal distances.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { ensureBuilt, packageRoot } from "../../bin/build.mjs";
import { drawFound } from "./emoji/draw-found.mjs";

ensureBuilt();
const { load, loadTokenizer, openDevice, readTexts } = await import(
  join(packageRoot, "dist", "compiler", "api", "library.js")
);

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: join(cache(), "data", "emoji") },
    artist: { type: "string", default: "openmoji" },
    json: { type: "boolean", default: false },
    picture: { type: "string" },
  },
});
const [run] = positionals;
const usage =
  "usage: node tests/compare/emoji-recall.mjs RUN [--data FOLDER] [--artist NAME] [--json] [--picture FILE.png]";
if (run === undefined) end(usage);
if (!existsSync(run)) end(`there is no ${run}: a run's folder or a checkpoint is needed`);
if (!existsSync(options.data)) end(`there is no ${options.data}: \`weft data get emoji\` makes it`);

const cuts = [1, 5, 10];
/** What `tests/compare/pixels.mjs` finds of openmoji. */
const pixels = [11.9, 21.5, 26.5];
const rows = 128;
const folder = join(packageRoot, "models", "internvl-small");
/** The sizes that the stage sets; a run keeps its own. */
const isRun = existsSync(join(run, "latest"));
const set = isRun ? {} : JSON.parse(readFileSync(join(folder, "check.json"), "utf8")).set;
/** As `contrast` of `models/internvl-small` reads texts. */
const form = { prefix: "summarize:", bos: true, eos: true, length: 12 };
/** What is behind the drawings in the stage: the mean of the colours that the model subtracts. */
const grey = { r: 124, g: 116, b: 104 };
const tokenizer = loadTokenizer(join(folder, "tokenizer.model"));
const lines = readFileSync(join(options.data, "captions.jsonl"), "utf8")
  .split("\n")
  .filter(Boolean);
const entries = lines.map((line) => JSON.parse(line)).filter(({ shared }) => shared);
const queries = entries.filter(({ source }) => source === options.artist);
if (queries.length === 0) end(`no drawings are by ${options.artist}`);
const languages = Object.keys(queries[0].text);

const device = await openDevice();
// On grey, as in training: the mode's own reader drops what is transparent.
const pictures = await Promise.all(queries.map((entry) => laidOn(entry, grey).png().toBuffer()));
const images = await embed("encode_image_c", "pixels", pictures);
const rights = queries.map((_, number) => number);
const names = await embed(
  "encode_text",
  "ids",
  languages.flatMap((language) => queries.map(({ text }) => nameOf(text, language))),
);
const found = languages.map((language, n) => {
  const own = names.slice(n * queries.length, (n + 1) * queries.length);
  return {
    language,
    "image to name": recallOf(scoresOf(images, own), rights),
    "name to image": recallOf(scoresOf(own, images), rights),
  };
});
device.dispose();

const report = {
  run,
  artist: options.artist,
  signs: queries.length,
  found,
  mean: { "image to name": meanOf("image to name"), "name to image": meanOf("name to image") },
  chance: cuts.map((cut) => (100 * cut) / queries.length),
  ...(options.artist === "openmoji" && { pixels }),
  pairs: pairsOf(run),
};
if (options.picture !== undefined) await picture(options.picture);
console.log(options.json ? JSON.stringify(report, undefined, 2) : tableOf(report));

/** Unit vectors of a mode's outputs. */
async function embed(mode, input, values) {
  const program = await load({
    file: join(packageRoot, "models", "internvl", "internvl.weft"),
    model: "InternVL",
    mode,
    weights: run,
    set,
    sizes: { B: rows, ...(input === "ids" && { Text: form.length }) },
    device,
  });
  const vectors = [];
  for (let first = 0; first < values.length; first += rows) {
    const some = values.slice(first, first + rows);
    // The last ones are filled up with the first of them.
    const full = Array.from({ length: rows }, (_, n) => some[n] ?? some[0]);
    const given = input === "ids" ? readTexts(full, tokenizer, form) : full;
    const { output } = await program.run({ [input]: given });
    const [, width] = output.shape;
    for (const n of some.keys()) vectors.push(unit(output.data.slice(n * width, (n + 1) * width)));
  }
  program.dispose();
  return vectors;
}

function unit(vector) {
  const length = Math.hypot(...vector) || 1;
  return Float64Array.from(vector, (x) => x / length);
}

/** Loops and no callbacks: these are billions of products. */
function scoresOf(ones, others) {
  return ones.map((one) => {
    const row = new Float64Array(others.length);
    for (let n = 0; n < row.length; n++) {
      const other = others[n];
      let sum = 0;
      for (let k = 0; k < one.length; k++) sum += one[k] * other[k];
      row[n] = sum;
    }
    return row;
  });
}

/** Percent of the rows whose right item is among the first; equal scores are in order of the items. */
function recallOf(scores, right) {
  const places = scores.map((row, query) => {
    const own = row[right[query]];
    return row.filter((score, n) => score > own || (score === own && n < right[query])).length;
  });
  return cuts.map((cut) => (100 * places.filter((place) => place < cut).length) / places.length);
}

function meanOf(direction) {
  return cuts.map((_, n) => found.reduce((sum, one) => sum + one[direction][n], 0) / found.length);
}

/** Pairs that the run has seen; undefined where the weights are of no run. */
function pairsOf(path) {
  if (!isRun) return undefined;
  const checkpoint = join(path, "checkpoints", readFileSync(join(path, "latest"), "utf8").trim());
  return JSON.parse(readFileSync(join(checkpoint, "state.json"), "utf8")).state.samples;
}

function cache() {
  const { WEFT_CACHE, XDG_CACHE_HOME } = process.env;
  return WEFT_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "weft");
}

function laidOn({ image }, background) {
  return sharp(join(options.data, image)).flatten({ background });
}

/** Names of all languages, and what they find. */
async function picture(file) {
  const rows = languages.flatMap((language, n) =>
    queries.map((entry, right) => {
      const [row] = scoresOf([names[n * queries.length + right]], images);
      const order = [...row.keys()].sort((a, b) => row[b] - row[a] || a - b);
      return {
        name: nameOf(entry.text, "en"),
        language: `asked in ${new Intl.DisplayNames("en", { type: "language" }).of(language)}`,
        order,
        right,
      };
    }),
  );
  const isFound = ({ order, right }) => order.slice(0, 5).includes(right);
  const some = [
    ...spread(rows.filter(isFound), 6),
    ...spread(
      rows.filter((row) => !isFound(row)),
      2,
    ),
  ];
  await drawFound(some, (n) => laidOn(queries[n], "#fff"), file);
}

/** The first, the last, and those between at equal distances. */
function spread(rows, count) {
  return Array.from({ length: Math.min(count, rows.length) }, (_, n) => {
    return rows[Math.round((n * (rows.length - 1)) / Math.max(count - 1, 1))];
  });
}

function nameOf(text, language) {
  const names = text[language];
  return Array.isArray(names) ? names[0] : names;
}

function tableOf({ artist, signs, mean, chance, pixels: alone, pairs }) {
  const cells = (values) => values.map((value) => value.toFixed(1)).join(" / ");
  return [
    `${signs} signs drawn by ${artist}${pairs === undefined ? "" : `, after ${pairs} pairs`}; recall at ${cuts.join(" / ")}, percent`,
    "",
    "| language | image to name | name to image |",
    "|---|---|---|",
    ...found.map(
      (one) =>
        `| ${one.language} | ${cells(one["image to name"])} | ${cells(one["name to image"])} |`,
    ),
    `| mean | ${cells(mean["image to name"])} | ${cells(mean["name to image"])} |`,
    `| chance | ${cells(chance)} | ${cells(chance)} |`,
    ...(alone === undefined ? [] : [`| pixels | ${cells(alone)} | |`]),
  ].join("\n");
}

function end(message) {
  console.error(message);
  process.exit(1);
}
