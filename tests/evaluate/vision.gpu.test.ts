import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { load } from "../../compiler/api/library.ts";
import { imagesAs } from "../../runtime/images/read-images.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { readSafetensors } from "../../runtime/weights/read-tensor.ts";
import type { ClassMiniature } from "../support/evaluate/class-miniature.ts";
import { kineticsMiniature, videoMiniature } from "../support/evaluate/clip-miniatures.ts";
import { imagenetMiniatures, probeMiniatures } from "../support/evaluate/imagenet-miniatures.ts";
import { noisyImages, portableMap } from "../support/evaluate/images.ts";
import { listMiniatures } from "../support/evaluate/list-miniatures.ts";
import { matlabMiniatures, rasterMiniatures } from "../support/evaluate/packed-miniatures.ts";
import { dot, rowsOf, slowMeanRecall, slowTops, unit } from "../support/evaluate/slow-classes.ts";
import { slowDualSoftmax, sortedPlace } from "../support/evaluate/slow-metrics.ts";
import { type Miniature, writeMiniature } from "../support/evaluate/text-miniatures.ts";
import { tinyModels } from "../support/models/tiny-models.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = process.env.WEFT_EVAL_KEEP ?? mkdtempSync(join(tmpdir(), "weft-vision-"));
afterAll(() => {
  if (process.env.WEFT_EVAL_KEEP === undefined) rmSync(folder, { recursive: true, force: true });
});
process.env.WEFT_CACHE = join(folder, "cache");

// One driver: what is tested here is what stands around the programs.
const driver = "lavapipe";
const tokenizer = join(import.meta.dirname, "../../examples/tokenizer.model");
const tinySet = (model: string): Readonly<Record<string, number>> =>
  tinyModels.find((one) => one.model === model)?.set ?? {};
interface Tested {
  readonly file: string;
  readonly model: string;
  readonly set: Readonly<Record<string, number>>;
  readonly weights: string;
}
const contrastive: Tested = {
  file: "models/internvl/internvl.weft",
  model: "InternVL_14B",
  set: { ...tinySet("InternVL_14B"), "qllama.Vocab": loadTokenizer(tokenizer).size },
  weights: "random:3",
};
const probe: Tested = {
  file: "models/heads/heads.weft",
  model: "LinearProbe",
  set: { ...tinySet("LinearProbe"), Class: 6 },
  weights: "random:5",
};

let images: readonly Uint8Array[] = [];
beforeAll(async () => {
  images = await noisyImages(10);
});
const imageAt = (index: number): Uint8Array =>
  images[(7 * index + Math.floor(index / 8)) % images.length] ?? new Uint8Array();

function evaluate(model: Tested, ...args: readonly string[]) {
  const settings = Object.entries(model.set).flatMap(([path, value]) => [
    "--set",
    `${path}=${value}`,
  ]);
  return runWeft([
    ...["eval", model.file, "--model", model.model, ...settings, "--weights", model.weights],
    ...["--tokenizer", tokenizer, "--device", driver, "--json", "--draws", "20"],
    ...["--batch", "5", ...args],
  ]);
}

function written(name: string, miniature: Pick<Miniature, "files" | "images">): string {
  const data = join(folder, name.replace(":", "-"));
  writeMiniature(miniature, data, imageAt);
  return data;
}

const tensorsIn = (out: string): Readonly<Record<string, Tensor>> =>
  readSafetensors(join(out, "embeddings.safetensors"));
const labelsOf = (miniature: ClassMiniature): readonly (readonly number[])[] =>
  miniature.labels.map((label) => (typeof label === "number" ? [label] : label));

/** What a mode gives for pictures, each read by itself. */
async function alone(model: Tested, mode: string, ...pictures: readonly Uint8Array[]) {
  const loaded = await load<{ pixels: Tensor }, Record<string, Tensor>>({
    ...model,
    ...{ mode, sizes: { B: 1 }, device: driver, tokenizer },
  });
  try {
    const rows: (readonly number[])[] = [];
    for (const picture of pictures) {
      const pixels = await imagesAs({ width: 56, height: 56, fit: "crop" }, [picture]);
      const outputs = await loaded.run({ pixels });
      rows.push([...(Object.values(outputs)[0]?.data ?? [])]);
    }
    return rows;
  } finally {
    loaded.dispose();
  }
}

function expectNear(found: readonly number[], wanted: readonly number[]): void {
  expect(found.length).toBe(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  for (const [index, value] of wanted.entries())
    expect(Math.abs((found[index] ?? Number.NaN) - value) / largest).toBeLessThan(1e-4);
}

test(`the linear probe on ${driver}: ImageNet, ReaL, and a set with a part of the classes`, async (context) => {
  const rowsByPicture: Map<string, readonly number[]>[] = [];
  for (const miniature of probeMiniatures) {
    // Nothing is known of what the other sets computed: the same pictures come in other batches.
    process.env.WEFT_CACHE = join(folder, `cache-${rowsByPicture.length}`);
    const data = written(miniature.task, miniature);
    const out = join(folder, "out", miniature.task.replace(":", "-"));
    const args = ["--task", miniature.task, "--data", data, "--out", out];
    const { exitCode, stdout, stderr } = await evaluate(probe, ...args);
    if (stdout.includes("no-adapter")) return context.skip();
    expect(exitCode, stderr + stdout).toBe(0);
    const [{ numbers, details }] = JSON.parse(stdout).tasks;
    const { scores } = tensorsIn(out);
    const isCut = miniature.task.endsWith("imagenet_a");
    const rows = rowsOf(scores).map((row) => (isCut ? [row[1] ?? 0, row[4] ?? 0] : row));
    const labels = labelsOf(miniature);
    const { one, five } = slowTops(rows, labels);
    expect(numbers["top-1"]).toBe(one);
    expect(numbers["top-5"]).toBe(isCut ? null : five);
    const isReal = miniature.task.endsWith("imagenet_real");
    // The picture without a label is in no count.
    expect(details).toMatchObject({ counted: isReal ? 11 : 12, left_out: isReal ? 1 : 0 });
    if (isReal) expect(numbers["mean recall per class"]).toBeUndefined();
    const lines = readFileSync(join(out, "predictions.jsonl"), "utf8").trim().split("\n");
    const pictures = lines.map((line) => readFileSync(join(data, JSON.parse(line).input.image)));
    const own = rowsOf(scores);
    rowsByPicture.push(
      new Map(pictures.map((bytes, index) => [bytes.toString("hex"), own[index] ?? []])),
    );
    const [read = []] = await alone(probe, "classify", pictures[0] ?? new Uint8Array());
    expectNear(own[0] ?? [], read);
  }
  // A picture has the same bits in whatever batch and place it is.
  const [one, other] = rowsByPicture;
  const both = [...(one ?? [])].filter(([picture]) => other?.has(picture) === true);
  expect(both.length).toBeGreaterThan(5);
  for (const [picture, row] of both) expect(other?.get(picture)).toEqual(row);
  process.env.WEFT_CACHE = join(folder, "cache");
}, 400_000);

test(`a probe that pools by an attention on ${driver} is measured in the same way`, async (context) => {
  const [imagenet] = probeMiniatures;
  if (imagenet === undefined) throw new Error("no miniature");
  const pooled = { ...probe, model: "AttentionProbe", set: { ...probe.set, heads: 4 } };
  const data = written("attention", imagenet);
  const { exitCode, stdout, stderr } = await evaluate(
    pooled,
    "--task",
    imagenet.task,
    "--data",
    data,
  );
  if (stdout.includes("no-adapter")) return context.skip();
  expect(exitCode, stderr + stdout).toBe(0);
  expect(JSON.parse(stdout).tasks[0]).toMatchObject({ items: 12, task: "linear_probe:imagenet" });
  // A head of another number of classes has no labels in common with the data.
  const other = { ...probe, set: { ...probe.set, Class: 7 } };
  const wrong = await evaluate(other, "--task", imagenet.task, "--data", data);
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stdout).toContain("the head has 7 classes, and the data have 6");
}, 400_000);

/** Sets whose pictures are stored in every way that there is. */
const stored = [
  ...imagenetMiniatures,
  ...listMiniatures,
  ...matlabMiniatures,
  ...rasterMiniatures,
].filter(({ task }) => /gtsrb|voc2007|stl10/.test(task));

test(`zero-shot on ${driver}: files, boxes, rasters, one table`, async (context) => {
  const data = join(folder, "stored");
  for (const miniature of stored)
    writeMiniature(miniature, data, (index) =>
      miniature.task.endsWith("gtsrb") ? portableMap(index) : imageAt(index),
    );
  const names = Object.assign({}, ...stored.map(({ files }) => files["en_classnames.json"]));
  const templates = Object.assign(
    {},
    ...stored.map(({ files }) => files["en_zeroshot_classification_templates.json"]),
  );
  writeFileSync(join(data, "en_classnames.json"), JSON.stringify(names));
  writeFileSync(join(data, "en_zeroshot_classification_templates.json"), JSON.stringify(templates));
  const out = join(folder, "out", "stored");
  const tasks = stored.flatMap(({ task }) => ["--task", task]);
  const { exitCode, stdout, stderr } = await evaluate(
    contrastive,
    ...tasks,
    "--data",
    data,
    "--out",
    out,
  );
  if (stdout.includes("no-adapter")) return context.skip();
  expect(exitCode, stderr + stdout).toBe(0);
  const documents = JSON.parse(stdout).tasks;
  expect(documents.map(({ task }: { task: string }) => task)).toEqual(
    stored.map(({ task }) => task),
  );
  for (const [index, miniature] of stored.entries()) {
    const { numbers, units } = documents[index];
    const tensors = tensorsIn(join(out, miniature.task.replace(":", "-")));
    const directions = rowsOf(tensors.classes);
    const scores = rowsOf(tensors.images).map((row) =>
      directions.map((direction) => Math.fround(100 * dot(unit(row), direction))),
    );
    const { one, five } = slowTops(scores, labelsOf(miniature));
    expect(numbers["top-1"], miniature.task).toBe(one);
    expect(numbers["top-5"], miniature.task).toBe(directions.length < 5 ? null : five);
    const labels = labelsOf(miniature).map(([label = 0]) => label);
    expect(numbers["mean recall per class"]).toBeCloseTo(slowMeanRecall(scores, labels), 12);
    if (miniature.task.endsWith("voc2007")) expect(units).toBe(4);
  }
  // The first picture of STL-10, its planes column by column, as a file of its own.
  const stl = stored.find(({ task }) => task.endsWith("stl10"));
  const bytes = stl?.files["stl10_binary/test_X.bin"];
  if (!(bytes instanceof Uint8Array)) throw new Error("no pictures");
  const pixels = Uint8Array.from({ length: 3 * 96 * 96 }, (_, place) => {
    const [row, column, colour] = [Math.floor(place / 288), Math.floor(place / 3) % 96, place % 3];
    return bytes[colour * 96 * 96 + column * 96 + row] ?? 0;
  });
  const raw = { width: 96, height: 96, channels: 3 } as const;
  const picture = await sharp(pixels, { raw }).png().toBuffer();
  const [read = []] = await alone(contrastive, "encode_image_c", picture);
  expectNear(rowsOf(tensorsIn(join(out, "zero_shot-stl10")).images)[0] ?? [], read);
}, 400_000);

test(`clips on ${driver}: frames averaged, classes and captions`, async (context) => {
  const data = written("kinetics", kineticsMiniature);
  const out = join(folder, "out", "kinetics");
  const task = ["--task", "video_zero_shot:kinetics400", "--data", data];
  const { exitCode, stdout, stderr } = await evaluate(contrastive, ...task, "--out", out);
  if (stdout.includes("no-adapter")) return context.skip();
  expect(exitCode, stderr + stdout).toBe(0);
  const [{ numbers }] = JSON.parse(stdout).tasks;
  const { clips, classes } = tensorsIn(out);
  const directions = rowsOf(classes);
  const scores = rowsOf(clips).map((row) =>
    directions.map((direction) => Math.fround(100 * dot(unit(row), direction))),
  );
  const labels = rowsOf(clips).map((_, index) => [[2, 0, 1][index % 3] ?? 0]);
  expect(numbers).toEqual({
    "top-1": slowTops(scores, labels).one,
    "top-5": null,
    "mean of top-1 and top-5": null,
  });
  const pictures = [0, 1, 2, 3, 4, 5, 6, 7].map((frame) => imageAt(8 + frame));
  const frames = await alone(contrastive, "encode_image_c", ...pictures);
  const mean = (frames[0] ?? []).map(
    (_, column) => frames.reduce((sum, row) => sum + (row[column] ?? 0), 0) / 8,
  );
  expectNear(rowsOf(clips)[1] ?? [], mean);
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  expect(record.identity.protocol).toMatchObject({ frames: 8, fit: "crop" });
  expect(record.identity.protocol.templates.length).toBe(8);
  const centre = await evaluate(contrastive, ...task, "--frames", "1");
  expect(centre.stderr).toContain("0 images computed, 12 from the cache");
  // Ninety-six frames are ten pictures.
  expect(stderr).toContain("10 images computed, 86 from the cache");
}, 400_000);

test(`search for videos on ${driver}: plain and by dual softmax`, async (context) => {
  const data = written("msrvtt", videoMiniature);
  const out = join(folder, "out", "msrvtt");
  const { exitCode, stdout, stderr } = await evaluate(
    contrastive,
    ...["--task", "video_retrieval", "--data", data, "--out", out],
  );
  if (stdout.includes("no-adapter")) return context.skip();
  expect(exitCode, stderr + stdout).toBe(0);
  const [{ numbers }] = JSON.parse(stdout).tasks;
  const { videos, texts } = tensorsIn(out);
  const [seen, read] = [rowsOf(videos).map(unit), rowsOf(texts).map(unit)];
  const cosines = read.map((text) => seen.map((video) => Math.fround(dot(text, video))));
  const turned = seen.map((_, video) => cosines.map((row) => row[video] ?? 0));
  const found = (rows: readonly (readonly number[])[], depth: number): number =>
    Math.fround(rows.filter((row, own) => sortedPlace(row, own) <= depth).length / rows.length);
  for (const depth of [1, 5, 10]) {
    expect(numbers[`text to video R@${depth}`]).toBe(found(cosines, depth));
    expect(numbers[`video to text R@${depth}`]).toBe(found(turned, depth));
    const rounded = (rows: readonly (readonly number[])[]) =>
      slowDualSoftmax(rows).map((row) => row.map(Math.fround));
    expect(numbers[`dual softmax: text to video R@${depth}`]).toBe(found(rounded(cosines), depth));
    expect(numbers[`dual softmax: video to text R@${depth}`]).toBe(found(rounded(turned), depth));
  }
  for (const name of ["retrieved.png"])
    expect((await sharp(join(out, name)).metadata()).width).toBeGreaterThan(900);
}, 400_000);
