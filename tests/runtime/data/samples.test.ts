import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reader } from "../../../compiler/ir/graph/graph.ts";
import { DataBatches } from "../../../runtime/data/data-batches.ts";
import { indexSource } from "../../../runtime/data/index-source.ts";
import { recordAt } from "../../../runtime/data/order/sample-order.ts";
import { decodeImage } from "../../../runtime/images/decode-image.ts";
import { cropImage } from "../../../runtime/images/edit-image.ts";
import { normalizeImage } from "../../../runtime/images/normalize-image.ts";
import { resizeImage } from "../../../runtime/images/resize-image.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import type { BatchInput } from "../../../runtime/train/batch-source.ts";
import { writeCaptioned } from "../../support/data/write-pictures.ts";
import { bytePairs, endsOfWords } from "../../support/models/tokenizer-files.ts";

const root = mkdtempSync(join(tmpdir(), "weft-samples-"));
const pictures = join(root, "pictures");
const [count, seed, batch] = [11, 4, 4];
beforeAll(async () => {
  mkdirSync(pictures);
  writeFileSync(join(root, "tokenizer.json"), JSON.stringify(bytePairs));
  writeFileSync(join(root, "questions.json"), JSON.stringify(endsOfWords));
  await writeCaptioned(pictures, count, (n) => ({
    text: { en: [`n${n}`, `N${n}`], de: `z${n}` },
    label: n % 3,
    key: `k${Math.floor(n / 2)}`,
    turns: [
      { role: "user", text: `<image>q${n}` },
      { role: "assistant", text: "yes" },
    ],
  }));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function input(
  name: string,
  element: Tensor["element"],
  shape: readonly number[],
  reader?: Reader,
): BatchInput {
  const rest = shape.map((size, at) => ({ name: `A${at}`, size }));
  return { name, element, shape: [{ name: "B", size: batch }, ...rest], reader };
}

const image = (args: Reader["args"] = {}, shape: readonly number[] = [3, 6, 5]) =>
  input("pixels", "f32", shape, { name: "image", args });
const text = (args: Reader["args"] = {}, name = "ids") =>
  input(name, "i32", [8], { name: "text", args });

function open(inputs: readonly BatchInput[], path = pictures, badRecords = 2): DataBatches {
  const sources = [{ index: indexSource({ path, split: undefined }), weight: 1 }];
  const [tokenizer, questionTokenizer] = ["tokenizer", "questions"].map((name) =>
    join(root, `${name}.json`),
  );
  const texts = { tokenizer, questionTokenizer };
  return DataBatches.open(inputs, { sources, seed, batch, workers: 0, badRecords, ...texts });
}

/** Inputs of some batches, from sample `samples` on. */
async function batchesOf(inputs: readonly BatchInput[], from: readonly number[]) {
  const source = open(inputs);
  const found = [];
  for (const samples of from) found.push((await source.read({ samples })).inputs);
  source.close();
  return found;
}

async function firstOf(one: BatchInput): Promise<Tensor> {
  const [first] = await batchesOf([one], [0]);
  const tensor = first?.[one.name];
  if (tensor === undefined) throw new Error("no tensor");
  return tensor;
}

const words = (tensor: Tensor | undefined, row: number) => {
  const length = tensor?.lengths?.[row] ?? 0;
  const ids = tensor?.data.slice(8 * row, 8 * row + length) ?? [];
  return String.fromCharCode(...ids);
};
const recordOf = (sample: number) =>
  recordAt({ epoch: Math.floor(sample / count), place: sample % count }, count, seed);

describe("a batch", () => {
  const all = [
    image({ crop: "random", flip: true, jitter: [0.2, 0.2, 0.2, 0.1], rotate: 20 }),
    text(),
  ];

  test("depends on where the run stands alone", async () => {
    const forwards = await batchesOf(all, [0, 4, 8, 12]);
    const [third, first, again] = await batchesOf(all, [8, 0, 0]);
    expect([first, third, again]).toEqual([forwards[0], forwards[2], forwards[0]]);
    expect(forwards[3]).not.toEqual(forwards[0]);
  });

  test("has each record once an epoch, over its end too", async () => {
    const found = await batchesOf([text({ language: "de" })], [0, 4, 8]);
    const names = found.flatMap(({ ids }) => [0, 1, 2, 3].map((row) => words(ids, row)));
    expect(names).toEqual(Array.from({ length: 12 }, (_, sample) => `z${recordOf(sample)}`));
    expect(new Set(names.slice(0, count)).size).toBe(count);
  });

  test("is another one in the next epoch", async () => {
    const [first, second] = await batchesOf([image({ crop: "random" })], [0, 44]);
    const kept = [...(first?.pixels?.data ?? [])].filter((one) =>
      second?.pixels?.data.includes(one),
    );
    expect(second?.pixels).not.toEqual(first?.pixels);
    expect(kept.length).toBeGreaterThan(0);
  });
});

describe("pictures", () => {
  test("a given box is cut and resized as Pillow does it", async () => {
    const found = await firstOf(image({ box: [3, 4, 12, 15] }));
    const decoded = await decodeImage(join(pictures, "a", `${recordOf(0)}.png`));
    const cut = cropImage(decoded, { left: 3, top: 4, width: 12, height: 15 });
    const wanted = new Float32Array(3 * 6 * 5);
    normalizeImage(resizeImage(cut, 5, 6), wanted, 0);
    expect(found.data.slice(0, 90)).toEqual(wanted);
  });

  test("no setting changes what another one draws of shape", async () => {
    const plain = await firstOf(image({ crop: "random" }));
    const grey = await firstOf(image({ crop: "random" }, [6, 5]));
    expect([plain.shape, grey.shape]).toEqual([
      [4, 3, 6, 5],
      [4, 6, 5],
    ]);
    // Half of the pictures are mirrored, and are what they were otherwise.
    const flipped = await firstOf(image({ crop: "random", flip: true }));
    const rows = (tensor: Tensor, sample: number, isTurned: boolean) => {
      const own = tensor.data.slice(90 * sample, 90 * sample + 5);
      return [...(isTurned ? own.toReversed() : own)];
    };
    const turned = [0, 1, 2, 3].map(
      (n) => String(rows(flipped, n, true)) === String(rows(plain, n, false)),
    );
    const same = [0, 1, 2, 3].map(
      (n) => String(rows(flipped, n, false)) === String(rows(plain, n, false)),
    );
    expect(turned.map((is, n) => is || same[n])).toEqual([true, true, true, true]);
    expect(new Set(turned).size).toBe(2);
  });

  test("mixed with another, targets are mixed in the same shares", async () => {
    const target = input("target", "f32", [3], { name: "soft_label", args: { smoothing: 0.3 } });
    for (const setting of ["mixup", "cutmix"]) {
      const mixed = image({ [setting]: 1, fit: "squash" });
      const [one] = await batchesOf([mixed, target], [0]);
      const [alone] = await batchesOf([image({ fit: "squash" }), target], [0]);
      const shares = one?.target?.data ?? new Float32Array();
      for (let sample = 0; sample < batch; sample++) {
        const own = [...shares.slice(3 * sample, 3 * sample + 3)];
        expect(own.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
        expect(Math.min(...own)).toBeGreaterThanOrEqual(0.1 - 1e-6);
      }
      const hard = alone?.target?.data ?? new Float32Array();
      expect([...hard].filter((share) => share > 0.79)).toHaveLength(4);
      expect(one?.pixels).not.toEqual(alone?.pixels);
    }
  });
});

describe("texts", () => {
  test("all inputs of a record read the same text", async () => {
    const [one] = await batchesOf([text(), text({ prefix: "p" }, "other")], [0]);
    for (let row = 0; row < batch; row++)
      expect(words(one?.other, row)).toBe(`p${words(one?.ids, row)}`);
  });

  test("languages and texts are all drawn", async () => {
    const found = await batchesOf(
      [text()],
      Array.from({ length: 22 }, (_, n) => 4 * n),
    );
    const heads = found.flatMap(({ ids }) => [0, 1, 2, 3].map((row) => words(ids, row)[0]));
    const share = (head: string) => heads.filter((one) => one === head).length / heads.length;
    expect(share("z")).toBeGreaterThan(0.35);
    expect(Math.min(share("n"), share("N"))).toBeGreaterThan(0.12);
  });

  test("the first of several texts can be asked for", async () => {
    const found = await batchesOf([text({ language: "en", pick: "first" })], [0, 4]);
    for (const { ids } of found)
      for (let row = 0; row < batch; row++) expect(words(ids, row)[0]).toBe("n");
  });

  test("negatives are other records' texts, of another key", async () => {
    const inputs = [
      text({ language: "de" }),
      text({ language: "de", negative: "all" }, "wrong"),
      text({ language: "de", negative: "first_half" }, "half"),
    ];
    const keyOf = (name: string) => Math.floor(Number(name.slice(1)) / 2);
    for (const one of await batchesOf(inputs, [0, 4, 8]))
      for (let row = 0; row < batch; row++) {
        const own = words(one.ids, row);
        expect(keyOf(words(one.wrong, row))).not.toBe(keyOf(own));
        expect(words(one.half, row) === own).toBe(row >= 2);
      }
  });
});

test("labels, keys and columns of their own names", async () => {
  const inputs = [
    text({ language: "de" }),
    input("targets", "i32", [8], { name: "labels", args: { of: "ids", ignore_prefix: 1 } }),
    input("key", "i32", [], { name: "key", args: { of: "image" } }),
    input("label", "i32", []),
    input("lengths", "i32", [], { name: "length", args: { of: "ids" } }),
  ];
  const [one] = await batchesOf(inputs, [0]);
  expect(one?.targets?.data.slice(0, 3)).toEqual(
    Int32Array.of(
      -100,
      one?.ids?.data[1] ?? 0,
      one?.ids?.lengths?.[0] === 2 ? -100 : (one?.ids?.data[2] ?? 0),
    ),
  );
  const records = [0, 1, 2, 3].map(recordOf);
  expect([...(one?.label?.data ?? [])]).toEqual(records.map((record) => record % 3));
  const keys = [...(one?.key?.data ?? [])];
  const isSame = (a: number, b: number) => keys[a] === keys[b];
  const isPair = (a: number, b: number) =>
    Math.floor((records[a] ?? 0) / 2) === Math.floor((records[b] ?? 0) / 2);
  for (const [a, b] of [
    [0, 1],
    [1, 2],
    [0, 3],
  ] as const)
    expect(isSame(a, b)).toBe(isPair(a, b));
  expect(one?.lengths).toBeUndefined();
});

test("conversations, their answers and their questions", async () => {
  const inputs = [
    input("asked", "i32", [2, 4], { name: "questions", args: { of: "ids" } }),
    input("ids", "i32", [8], { name: "chat", args: { template: "plain", image: 2 } }),
    input("targets", "i32", [8], { name: "labels", args: { of: "ids" } }),
  ];
  const [one] = await batchesOf(inputs, [0]);
  const answer = [..."yes\n"].map((letter) => letter.charCodeAt(0));
  expect([...(one?.ids?.data.slice(0, 8) ?? [])]).toEqual([263, 263, ...answer, 0, 0]);
  const targets = [-100, -100, ...answer, -100, -100];
  expect([...(one?.targets?.data.slice(0, 8) ?? [])]).toEqual(targets);
  const [length = 0, none] = one?.asked?.lengths ?? [];
  const asked = [...(one?.asked?.data.slice(0, 8) ?? [])];
  expect([asked[0], asked[length - 1], none]).toEqual([6, 7, 0]);
  expect(asked.slice(4)).toEqual([0, 0, 0, 0]);
});

describe("records that are bad", () => {
  async function spoilt(): Promise<string> {
    const folder = mkdtempSync(join(root, "spoilt-"));
    await writeCaptioned(folder, count, (n) => ({ text: `t${n}`, label: n }));
    writeFileSync(join(folder, "a", "3.png"), "no picture");
    rmSync(join(folder, "a", "7.png"));
    return folder;
  }
  const inputs = [image(), input("label", "i32", [])];

  test("are named, and replaced by the next ones, always the same way", async () => {
    const folder = await spoilt();
    const labelsOf = async (from: readonly number[]) => {
      const source = open(inputs, folder);
      const labels: number[] = [];
      const notes: string[] = [];
      for (const samples of from) {
        const one = await source.read({ samples });
        labels.push(...(one.inputs.label?.data ?? []));
        notes.push(...one.notes);
      }
      source.close();
      return { labels, notes };
    };
    const whole = await labelsOf([0, 4, 8]);
    const wanted = Array.from({ length: 12 }, (_, sample) => recordOf(sample));
    expect(whole.labels).toEqual(
      wanted.map((record) => (record === 3 || record === 7 ? record + 1 : record)),
    );
    expect(
      whole.notes.toSorted().map((note) => /(\d)\.png.*takes its place$/.exec(note)?.[1]),
    ).toEqual(["3", "7"]);
    expect((await labelsOf([4])).labels).toEqual(whole.labels.slice(4, 8));
  });

  test("are none where the whole data set is gone", async () => {
    const folder = await spoilt();
    const source = open(inputs, folder, 100);
    rmSync(folder, { recursive: true });
    await expect(source.read({ samples: 0 })).rejects.toThrow(/there is no data set/);
    source.close();
  });

  test("end the run where they are too many", async () => {
    const source = open(inputs, await spoilt(), 1);
    const reading = (async () => {
      for (const samples of [0, 4, 8]) await source.read({ samples });
    })();
    await expect(reading).rejects.toThrow(
      /2 records .* 1 is the most .*3\.png.*7\.png|7\.png.*3\.png/,
    );
    source.close();
  });
});

describe("what a data set lacks is told before anything is read", () => {
  const lines = join(root, "lines");
  beforeAll(() => {
    mkdirSync(lines);
    writeFileSync(join(lines, "captions.jsonl"), '{"text": "a"}\n{"text": "b", "label": 1}\n');
  });

  test.each([
    [image(), /`pixels`, `from image\(..\)`, needs the column `image`/],
    [input("label", "i32", []), /`label` needs the column `label`/],
    [input("x", "f32", [2]), /`x` needs the column `x`/],
    [input("ids", "f32", [8], { name: "text", args: {} }), /a text is i32 \[B, N\]/],
    [image({}, [4, 5, 6]), /a picture is f32/],
    [image({ fit: "slide" }), /`slide`/],
    [input("of", "i32", [8], { name: "labels", args: { of: "x" } }), /`of` names an input/],
  ])("%#", (one, message) => {
    expect(() => open([one], lines)).toThrow(message);
  });
});
