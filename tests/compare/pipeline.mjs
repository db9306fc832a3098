// Pictures a second that come out of the pipeline of data alone, beside PyTorch's DataLoader on the same files:
// `node tests/compare/pipeline.mjs [FOLDER] [--side 64] [--batch 64] [--workers 2] [--rounds 3] [--markdown]`. Both decode each
// picture, resize it to a square (bicubic, as Pillow) and normalise it, with as many processes or threads, in turns. FOLDER
// is a data set with captions.jsonl, such as the one that `weft data get emoji` makes; without it 2,000 pictures are made.
// Needs python3 with torch and PIL for the other side (Debian: python3-torch, python3-pil).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { DataBatches } from "../../dist/runtime/data/data-batches.js";
import { indexSource } from "../../dist/runtime/data/index-source.js";

const number = (fallback) => ({ type: "string", default: String(fallback) });
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    side: number(64),
    batch: number(64),
    workers: number(2),
    rounds: number(3),
    markdown: { type: "boolean", default: false },
  },
});
const [side, batch, workers, rounds] = ["side", "batch", "workers", "rounds"].map((name) =>
  Number(values[name]),
);

const made = mkdtempSync(join(tmpdir(), "weft-pipeline-"));
const folder = positionals[0] ?? (await makePictures(made, 2000));
const images = readFileSync(join(folder, "captions.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line).image);
const batches = Math.floor(images.length / batch);

/** Drawings of 96 x 96, about as large as files as emoji are. */
async function makePictures(place, count) {
  const lines = [];
  for (let n = 0; n < count; n++) {
    const at = (k) => (n * (7 + 4 * k) + 13 * k) % 96;
    const shapes = [0, 1, 2, 3].map(
      (k) =>
        `<circle cx="${at(k)}" cy="${at(k + 4)}" r="${8 + (at(k + 8) % 24)}" fill="hsl(${(n * 37 + k * 90) % 360},80%,50%)"/>`,
    );
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96">${shapes.join("")}</svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(place, `${n}.png`));
    lines.push(JSON.stringify({ image: `${n}.png` }));
  }
  writeFileSync(join(place, "captions.jsonl"), `${lines.join("\n")}\n`);
  return place;
}

/** Seconds for all whole batches, the start of the threads not counted: one batch comes before. */
async function ours() {
  const index = indexSource({ path: folder, split: undefined });
  const shape = [
    { name: "B", size: batch },
    { name: "C", size: 3 },
    { name: "Y", size: side },
    { name: "X", size: side },
  ];
  const reader = { name: "image", args: { fit: "squash" } };
  const source = DataBatches.open([{ name: "pixels", element: "f32", shape, reader }], {
    sources: [{ index, weight: 1 }],
    seed: 1,
    batch,
    workers,
    badRecords: 0,
  });
  await source.read({ samples: 0 });
  const begun = performance.now();
  for (let n = 1; n <= batches; n++) await source.read({ samples: n * batch });
  const seconds = (performance.now() - begun) / 1000;
  source.close();
  return seconds;
}

const python = `
import json, sys, time
import numpy, torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

folder, side, batch, workers, count = sys.argv[1], *map(int, sys.argv[2:6])
images = [json.loads(line)["image"] for line in open(folder + "/captions.jsonl", encoding="utf8")]
mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
torch.set_num_threads(1)

class Pictures(Dataset):
    def __len__(self):
        return len(images)
    def __getitem__(self, n):
        image = Image.open(folder + "/" + images[n]).convert("RGB").resize((side, side), Image.BICUBIC)
        levels = torch.from_numpy(numpy.asarray(image).copy()).permute(2, 0, 1).float() / 255
        return (levels - mean) / deviation

def batches():
    while True:
        loader = DataLoader(Pictures(), batch_size=batch, shuffle=True, num_workers=workers, drop_last=True)
        yield from loader

going = batches()
next(going)
begun = time.perf_counter()
for _ in range(count - 1):
    next(going)
print((time.perf_counter() - begun) * count / max(1, count - 1))
`;

/** The same by PyTorch; undefined where it is not there. */
function theirs() {
  const told = [folder, side, batch, workers, batches].map(String);
  if (interpreter === undefined) return undefined;
  const { status, stdout, stderr } = spawnSync(interpreter, ["-c", python, ...told], {
    encoding: "utf8",
  });
  if (status === 0) return Number(stdout.trim());
  throw new Error(stderr);
}

/** Of several the first that has what is needed: a Python of one's own may stand before the system's. */
const interpreter = ["python3", "/usr/bin/python3"].find(
  (name) => spawnSync(name, ["-c", "import torch, PIL, numpy"]).status === 0,
);
if (interpreter === undefined)
  console.error("no python3 with torch and PIL: DataLoader is left out");

const rows = [];
for (let round = 1; round <= rounds; round++) {
  const rate = (seconds) => (seconds === undefined ? undefined : (batches * batch) / seconds);
  rows.push({ own: rate(await ours()), other: rate(theirs()), load: loadavg()[0] });
}
rmSync(made, { recursive: true, force: true });

const shown = (value) => (value === undefined ? "-" : value.toFixed(0));
const best = (key) => {
  const found = rows.flatMap((row) => (row[key] === undefined ? [] : [row[key]]));
  return found.length === 0 ? undefined : Math.max(...found);
};
const columns = ["", "Weft, images/s", "DataLoader, images/s", "load"];
const table = [
  columns,
  ...rows.map(({ own, other, load }, n) => [
    `round ${n + 1}`,
    shown(own),
    shown(other),
    load.toFixed(1),
  ]),
  ["best", shown(best("own")), shown(best("other")), ""],
];
console.log(
  `${batches * batch} pictures of ${folder === made ? "ours" : folder} to ${side} x ${side}, batches of ${batch}, ${workers} workers each\n`,
);
for (const [n, row] of table.entries()) {
  const line = values.markdown
    ? `| ${row.join(" | ")} |`
    : row.map((cell) => cell.padEnd(22)).join("");
  console.log(line);
  if (n === 0 && values.markdown) console.log(`|${"---|".repeat(row.length)}`);
}
