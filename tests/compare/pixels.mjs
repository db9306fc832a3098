// What is reached without learning: `node tests/compare/pixels.mjs [FOLDER]` looks for each drawing of the held-out
// artist among those of the others by its pixels alone, and prints how often the right sign is among the first.
// FOLDER is what `weft data get emoji` made; without it the one in the cache is taken.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";

/** Rows and columns of the picture that is compared, and the ground on which drawings are laid. */
const side = 16;
const ground = 255;
const places = [1, 5, 10];

const cache =
  process.env.WEFT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "weft");
const folder = process.argv[2] ?? join(cache, "data", "emoji");

const records = readFileSync(join(folder, "captions.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line))
  .filter(({ shared }) => shared);
const known = records.filter(({ split }) => split === "train");
const asked = records.filter(({ split }) => split === "held-out");

const meanColours = async ({ image }) => {
  const { data, info } = await sharp(join(folder, image))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const cell = info.width / side;
  const means = new Float64Array(3 * side * side);
  for (let row = 0; row < info.height; row++)
    for (let column = 0; column < info.width; column++) {
      const from = 4 * (row * info.width + column);
      const at = 3 * (Math.floor(row / cell) * side + Math.floor(column / cell));
      const cover = data[from + 3] / 255;
      for (let colour = 0; colour < 3; colour++)
        means[at + colour] +=
          (data[from + colour] * cover + ground * (1 - cover)) / (255 * cell * cell);
    }
  return means;
};

const inTurn = async (items) => {
  const found = [];
  for (const item of items) found.push(await meanColours(item));
  return found;
};

const drawn = await inTurn(known);
const mean = drawn[0].map((_, at) => drawn.reduce((sum, one) => sum + one[at], 0) / drawn.length);
const direction = (picture) => {
  const rest = picture.map((value, at) => value - mean[at]);
  const length = Math.hypot(...rest);
  return rest.map((value) => value / length);
};
const directions = drawn.map(direction);

const found = places.map(() => 0);
for (const question of asked) {
  const own = direction(await meanColours(question));
  const best = new Map();
  directions.forEach((one, index) => {
    let likeness = 0;
    for (let at = 0; at < own.length; at++) likeness += one[at] * own[at];
    const { key } = known[index];
    if (likeness > (best.get(key) ?? -2)) best.set(key, likeness);
  });
  const right = best.get(question.key);
  const before = [...best.values()].filter((likeness) => likeness > right).length;
  places.forEach((place, at) => {
    if (before < place) found[at]++;
  });
}

const signs = new Set(known.map(({ key }) => key)).size;
const percent = (share) => (100 * share).toFixed(1);
const artist = [...new Set(asked.map(({ source }) => source))].join(", ");
console.log(
  `${asked.length} drawings by ${artist}, looked for among ${known.length} drawings of ${signs} signs by ${side} x ${side} mean colours`,
);
places.forEach((place, at) => {
  const chance = percent(place / signs);
  console.log(`recall at ${place}: ${percent(found[at] / asked.length)} % (chance ${chance} %)`);
});
