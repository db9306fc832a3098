#!/usr/bin/env node
// How well a trained InternVL-C finds the name of an emoji, and the emoji of a name, in drawings of an artist that it
// never saw; beside chance, and beside pixels: the drawing of a known artist that looks most alike stands for its names.
//
//   node tests/compare/emoji-recall.mjs RUN --data FOLDER [--artist openmoji] [--json]
//
// FOLDER is what `weft data get emoji` made. Candidates are the signs that all artists have drawn.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { ensureBuilt, packageRoot } from "../../bin/build.mjs";

ensureBuilt();
const { load, openDevice } = await import(
  join(packageRoot, "dist", "compiler", "api", "library.js")
);

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    artist: { type: "string", default: "openmoji" },
    json: { type: "boolean", default: false },
  },
});
const [run] = positionals;
if (run === undefined || options.data === undefined) throw new Error("a run and --data are needed");

const cuts = [1, 5, 10];
const rows = 128;
const lines = readFileSync(join(options.data, "captions.jsonl"), "utf8")
  .split("\n")
  .filter(Boolean);
const entries = lines.map((line) => JSON.parse(line)).filter(({ shared }) => shared);
const queries = entries.filter(({ source }) => source === options.artist);
const known = entries.filter(({ source, split }) => source !== options.artist && split === "train");
const languages = Object.keys(queries[0].text);

const device = await openDevice();
// On white, as in training: the mode's own reader drops what is transparent.
const pictures = await Promise.all(queries.map((entry) => onWhite(entry).png().toBuffer()));
const images = await embed("encode_image_c", "pixels", pictures);
const rights = queries.map((_, number) => number);
const found = [];
for (const language of languages) {
  const names = await embed(
    "encode_text",
    "ids",
    queries.map(({ text }) => nameOf(text, language)),
  );
  found.push({
    language,
    "image to name": recallOf(scoresOf(images, names), rights),
    "name to image": recallOf(scoresOf(names, images), rights),
  });
}
device.dispose();

const report = {
  run,
  artist: options.artist,
  signs: queries.length,
  found,
  mean: { "image to name": meanOf("image to name"), "name to image": meanOf("name to image") },
  chance: cuts.map((cut) => (100 * cut) / queries.length),
  pixels: await pixelRecall(),
};
console.log(options.json ? JSON.stringify(report, undefined, 2) : tableOf(report));

/** Unit vectors of a mode's outputs. */
async function embed(mode, input, values) {
  const program = await load({
    file: join(packageRoot, "models", "internvl", "internvl.weft"),
    model: "InternVL",
    mode,
    weights: run,
    sizes: { B: rows },
    device,
  });
  const vectors = [];
  for (let first = 0; first < values.length; first += rows) {
    const some = values.slice(first, first + rows);
    // The last ones are filled up with the first of them.
    const full = Array.from({ length: rows }, (_, n) => some[n] ?? some[0]);
    const { output } = await program.run({ [input]: full });
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

/** A sign is as close as the closest of its known drawings, in 16 x 16 colours without the mean image. */
async function pixelRecall() {
  const own = await Promise.all(queries.map(coloursOf));
  const theirs = await Promise.all(known.map(coloursOf));
  const mean = theirs[0].map(
    (_, n) => theirs.reduce((sum, one) => sum + one[n], 0) / theirs.length,
  );
  const centred = (colours) => unit(colours.map((x, n) => x - mean[n]));
  const scores = scoresOf(own.map(centred), theirs.map(centred));
  const place = new Map(queries.map(({ key }, n) => [key, n]));
  const best = scores.map((row) => {
    const bySign = new Array(queries.length).fill(-1);
    row.forEach((score, n) => {
      const sign = place.get(known[n].key);
      if (sign !== undefined) bySign[sign] = Math.max(bySign[sign], score);
    });
    return bySign;
  });
  return recallOf(best, rights);
}

async function coloursOf(entry) {
  return Float64Array.from(await onWhite(entry).resize(16, 16).raw().toBuffer());
}

function onWhite({ image }) {
  return sharp(join(options.data, image)).flatten({ background: "#fff" });
}

function nameOf(text, language) {
  const names = text[language];
  return Array.isArray(names) ? names[0] : names;
}

function tableOf({ artist, signs, mean, chance, pixels }) {
  const cells = (values) => values.map((value) => value.toFixed(1)).join(" / ");
  return [
    `${signs} signs drawn by ${artist}; recall at ${cuts.join(" / ")}, percent`,
    "",
    "| language | image to name | name to image |",
    "|---|---|---|",
    ...found.map(
      (one) =>
        `| ${one.language} | ${cells(one["image to name"])} | ${cells(one["name to image"])} |`,
    ),
    `| mean | ${cells(mean["image to name"])} | ${cells(mean["name to image"])} |`,
    `| chance | ${cells(chance)} | ${cells(chance)} |`,
    `| pixels | ${cells(pixels)} | |`,
  ].join("\n");
}
