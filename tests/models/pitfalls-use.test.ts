import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import type { ElaboratedMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { inputForms } from "../../compiler/assemble/interface-specs.ts";
import { DataBatches } from "../../runtime/data/data-batches.ts";
import { indexSource } from "../../runtime/data/index-source.ts";
import { fitImage, imageFits } from "../../runtime/images/fit-image.ts";
import { normalizeImage } from "../../runtime/images/normalize-image.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { readTexts } from "../../runtime/text/read-texts.ts";
import { StepRun } from "../support/graphs/run-steps.ts";
import { linear, plainVit, type Rows, range } from "../support/models/plain-internvl.ts";
import {
  expectOnly,
  internvlFile,
  modeOf,
  pathsOf,
  pixels,
  SmallWeights,
  vision,
  visionSet,
} from "../support/models/small-internvl.ts";
import { trainingSteps } from "../support/models/training-steps.ts";

const root = mkdtempSync(join(tmpdir(), "weft-pitfalls-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const chatFile = "models/internvl/chat.weft";
const headsFile = "models/heads/heads.weft";
const internvitFile = "models/internvit/internvit.weft";

/** Blocks of the encoder that a mode computes. */
function blocksOf(mode: ElaboratedMode): number {
  const found = pathsOf(mode).flatMap(
    (path) => /vision_model\.encoder\.layers\.(\d+)\./.exec(path)?.[1] ?? [],
  );
  return 1 + Math.max(...found.map(Number));
}

/** Few layers, where only the inputs are looked at. */
const shallow: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  LinearProbe: { "vision_model.depth": 4 },
  InternVL: { "vision_model.depth": 4, "qllama.depth": 2 },
  ChatC: { "vision_model.depth": 4, "llm.depth": 2 },
  ChatD: { "vision_model.depth": 4, "llm.depth": 2, "glue.qllama.depth": 2 },
};

/** Which images a mode wants: `crop`, `squash`, `pad`. */
function fitOf({ graph }: ElaboratedMode): unknown {
  return graph.inputs.find(({ name }) => name === "pixels")?.reader?.args.fit;
}

test("pitfall 8.13: dialogues read the encoder 3 blocks early, everything else at its end", () => {
  const set = visionSet("");
  const weights = new SmallWeights();
  const mode = modeOf(internvitFile, "InternViT", "dense", set);
  const found = weights.run(mode, "dense", { pixels }, { B: 1 });
  const after = (blocks: number) =>
    plainVit(weights.of(""), pixels, vision, {}, blocks).slice(1).flat();
  expectOnly(found, after(vision.depth - 3), { "one block less": after(vision.depth - 4) });
  // `hidden_states[-4]` of 48 blocks is what 45 leave behind; QLLaMA reads the last.
  expect(blocksOf(modeOf(chatFile, "ChatC", "logits"))).toBe(45);
  expect(blocksOf(modeOf(chatFile, "ChatD", "logits", { queries: false }))).toBe(45);
  expect(blocksOf(modeOf(chatFile, "ChatD", "logits"))).toBe(48);
  for (const name of ["features", "encode_image_c", "query_features", "match"])
    expect(blocksOf(modeOf(internvlFile, "InternVL_14B", name)), name).toBe(48);
});

test("pitfall 8.14: retrieval squashes images, classification crops them, ChatC pads them", () => {
  const wanted = [
    [headsFile, "LinearProbe", "classify", "crop"],
    [internvlFile, "InternVL", "features", "crop"],
    [internvlFile, "InternVL", "encode_image_c", "squash"],
    [internvlFile, "InternVL", "encode_image_g", "squash"],
    [internvlFile, "InternVL", "similarity_g", "squash"],
    [internvlFile, "InternVL", "caption", "squash"],
    [chatFile, "ChatC", "chat", "pad"],
    [chatFile, "ChatD", "chat", "squash"],
  ] as const;
  for (const [file, model, mode, fit] of wanted)
    expect(fitOf(modeOf(file, model, mode, shallow[model])), `${model}.${mode}`).toBe(fit);
  // A wide image, black with white ends: cropping loses them, squashing keeps them, padding adds others.
  const [columns, rows] = [32, 8];
  const levels = range(rows * columns).map((n) => {
    return n % columns < 4 || n % columns >= 28 ? 255 : 0;
  });
  const wide = {
    width: columns,
    height: rows,
    data: Uint8Array.from(levels.flatMap((x) => [x, x, x])),
  };
  const [crop, squash, pad] = imageFits.map((fit) => fitImage(wide, 8, 8, fit).data);
  expect(Math.max(...(crop ?? []))).toBe(0);
  const line = [...(squash ?? [])].slice(0, 24).filter((_, n) => n % 3 === 0);
  expect(line[0]).toBeGreaterThan(200);
  expect(line[7]).toBeGreaterThan(200);
  expect([...(pad ?? [])].slice(0, 3)).toEqual([123, 116, 103]);
});

test("pitfall 8.15: captions are cleaned only where a reader says so", () => {
  const tokenizer = loadTokenizer("examples/tokenizer.model");
  const { graph } = modeOf(internvlFile, "InternVL", "encode_text", shallow.InternVL);
  const [input] = graph.inputs;
  const shape = ["B", "Text"].map((name) => ({ name, size: name === "B" ? 1 : 80 }));
  const args = input?.reader?.args ?? {};
  const read = (more: object): readonly number[] => {
    const reader = { name: "text", args: { ...args, ...more } };
    const spec = { name: "ids", element: "i32", shape, tensor: 0, reader } as const;
    return [...readTexts(spec, "A Cat, (on a mat).", () => tokenizer).data];
  };
  const of = (text: string): readonly number[] => {
    const ids = tokenizer.encode(text, { bos: true, eos: true });
    return [...ids, ...Array<number>(80 - ids.length).fill(0)];
  };
  // XTD as it is; COCO and Flickr in lower case and without marks.
  expect(read({})).toEqual(of("summarize:A Cat, (on a mat)."));
  expect(read({ clean: true })).toEqual(of("summarize:a cat, on a mat"));
});

test("pitfall 8.19: segmentation by one layer reads block 44, without the class token", () => {
  const full = modeOf(headsFile, "LinearSegmenter", "segment");
  expect(blocksOf(full)).toBe(45);
  // With three blocks none is left, and the class token has nothing to say.
  const set = { ...visionSet("vision_model"), "vision_model.depth": 3, Class: 5 };
  const mode = modeOf(headsFile, "LinearSegmenter", "segment", set);
  const path = "vision_model.embeddings.class_embedding";
  const segmented = (more: Readonly<Record<string, readonly number[]>>) => {
    const spread = range(8).map(() => 1);
    const weights = new SmallWeights({ "bn.running_var": spread, ...more });
    return weights.run(mode, "segment", { pixels }, { B: 1 });
  };
  const plain = segmented({});
  expectOnly(segmented({ [path]: range(8).map((n) => 5 + n) }), plain, {
    "other positions": segmented({
      "vision_model.embeddings.position_embedding": range(40).map((n) => Math.cos(n)),
    }),
  });
});

const [classes, batch, smoothing] = [3, 8, 0.1];

/** A folder of classes: all pictures of one are of its colour, red, green or blue. */
async function colours(): Promise<string> {
  for (const label of range(classes)) {
    const folder = join(root, "colours", `class ${label}`);
    mkdirSync(folder, { recursive: true });
    const [r = 0, g = 0, b = 0] = range(classes).map((n) => (n === label ? 255 : 0));
    for (const [n, side] of [9, 16, 30].entries()) {
      const create = { width: side, height: side, channels: 3, background: { r, g, b } } as const;
      await sharp({ create })
        .png()
        .toFile(join(folder, `${n}.png`));
    }
  }
  return join(root, "colours");
}

/** How much of each colour a picture of random pieces of pictures has: what its target has to be. */
function colourShares(pixels: readonly number[]): readonly number[] {
  const ends = [0, 255].map((level) => {
    const target = new Float32Array(3);
    normalizeImage({ width: 1, height: 1, data: new Uint8Array(3).fill(level) }, target, 0);
    return target;
  });
  const plane = pixels.length / 3;
  return range(3).map((colour) => {
    const [low = 0, high = 1] = ends.map((end) => end[colour] ?? 0);
    const own = pixels.slice(colour * plane, (colour + 1) * plane);
    const mean = own.reduce((sum, level) => sum + level, 0) / plane;
    return (mean - low) / (high - low);
  });
}

const smoothed = (shares: readonly number[]): readonly number[] =>
  shares.map((share) => (1 - smoothing) * share + smoothing / classes);

/** What the head gives for features, normalised by the statistics of the batch. */
function probeLogits(features: Rows, weight: (name: string) => ArrayLike<number>): Rows {
  const normed = features.map((row) =>
    row.map((x, d) => {
      const column = features.map((one) => one[d] ?? 0);
      const mean = column.reduce((sum, one) => sum + one, 0) / column.length;
      const variance = column.reduce((sum, one) => sum + (one - mean) ** 2, 0) / column.length;
      const scaled = ((x - mean) / Math.sqrt(variance + 1e-6)) * (weight("bn.weight")[d] ?? 0);
      return scaled + (weight("bn.bias")[d] ?? 0);
    }),
  );
  return linear(normed, weight("head.weight"), weight("head.bias"));
}

function softCrossEntropy(logits: Rows, targets: Rows): number {
  const each = logits.map((row, n) => {
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    return row.reduce((sum, x, k) => sum - (targets[n]?.[k] ?? 0) * (x - total), 0);
  });
  return each.reduce((sum, one) => sum + one, 0) / each.length;
}

test("pitfall 8.18: the linear probe is trained with mixup and cutmix, against soft targets", async () => {
  const set = Object.entries({ ...visionSet("vision_model"), Class: classes });
  const made = trainingSteps({
    ...{ entry: "models/heads/stages.weft", stage: "probe", loader: diskLoader(process.cwd()) },
    ...{ overrides: set.map(([path, value]) => ({ path, value })), sizes: { B: batch } },
  });
  const [step] = made.steps;
  if (step === undefined) throw new Error("no step");
  const data = DataBatches.open(inputForms(step.graph.inputs, step.extent), {
    sources: [{ index: indexSource({ path: await colours(), split: undefined }), weight: 1 }],
    ...{
      seed: 5,
      batch,
      workers: 0,
      badRecords: 0,
      tokenizer: undefined,
      questionTokenizer: undefined,
    },
  });
  const { inputs } = await data.read({ samples: 0 });
  data.close();
  const rows = (name: string): Rows => {
    const all = [...(inputs[name]?.data ?? [])];
    const width = all.length / batch;
    return range(batch).map((n) => all.slice(n * width, (n + 1) * width));
  };
  const [pixels, targets] = [rows("pixels"), rows("target")];
  const shares = pixels.map(colourShares);
  for (const [n, wanted] of shares.map(smoothed).entries())
    for (const [k, share] of wanted.entries())
      expect(targets[n]?.[k], `sample ${n}, class ${k}`).toBeCloseTo(share, 5);
  // Some are a mean of two pictures everywhere, some have a piece of another one.
  const kinds = pixels.map((picture) => new Set(picture.slice(0, vision.image ** 2)).size);
  const isMixed = shares.map((own) => Math.max(...own) < 0.99);
  expect(kinds.some((levels, n) => isMixed[n] && levels === 1)).toBe(true);
  expect(kinds.some((levels, n) => isMixed[n] && levels > 1)).toBe(true);

  const weights = new SmallWeights();
  const run = new StepRun(made, weights.make);
  const { loss = [] } = run.call(
    step.name,
    { pixels: pixels.flat(), target: targets.flat() },
    { B: batch },
  );
  const features = pixels.map((picture) => {
    const [own = [], ...patches] = plainVit(weights.of("vision_model"), picture, vision);
    const mean = own.map(
      (_, d) => patches.reduce((sum, row) => sum + (row[d] ?? 0), 0) / patches.length,
    );
    return [...own, ...mean];
  });
  const logits = probeLogits(features, weights.of(""));
  expect(loss[0]).toBeCloseTo(softCrossEntropy(logits, targets), 10);
  const hard = shares.map((own) => own.map((share) => (share === Math.max(...own) ? 1 : 0)));
  for (const [mistake, wrong] of Object.entries({
    hard,
    unsmoothed: shares,
    unmixed: hard.map(smoothed),
  }))
    expect(Math.abs((loss[0] ?? 0) - softCrossEntropy(logits, wrong)), mistake).toBeGreaterThan(
      1e-3,
    );
});
