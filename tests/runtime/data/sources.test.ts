import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import type { DataSource } from "../../../runtime/data/data-source.ts";
import { indexSource } from "../../../runtime/data/index-source.ts";
import { openSource } from "../../../runtime/data/open-source.ts";
import { writeNpy } from "../../../runtime/files/npy.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import {
  pictureBytes,
  tarBytes,
  writeCaptioned,
  writePictures,
} from "../../support/data/write-pictures.ts";

const root = mkdtempSync(join(tmpdir(), "weft-data-"));
process.env.WEFT_CACHE = join(root, "cache");
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
function newFolder(): string {
  const folder = join(root, `data-${folders++}`);
  mkdirSync(folder);
  return folder;
}

function open(path: string, split?: string): DataSource {
  return openSource(indexSource({ path, split }));
}

function textFile(name: string, text: string): string {
  const folder = newFolder();
  writeFileSync(join(folder, name), text);
  return folder;
}

describe("captions.jsonl", () => {
  test("gives records by number, and those of a split", async () => {
    const folder = newFolder();
    const captions = [{ text: "one" }, { text: ["a", "b"] }, { text: { en: "c", de: ["d"] } }];
    const splits = ["train", "train", "test"];
    await writeCaptioned(folder, 3, (n) => ({
      ...captions[n],
      label: n,
      split: splits[n],
      artist: "x",
    }));
    const all = open(folder);
    expect(all).toMatchObject({ size: 3, columns: ["image", "label", "text"] });
    expect([0, 1, 2].map((n) => all.record(n).columns.text)).toEqual([
      { "": ["one"] },
      { "": ["a", "b"] },
      { en: ["c"], de: ["d"] },
    ]);
    const image = all.record(1).columns.image;
    expect(image?.kind === "encoded" && image.bytes()).toEqual(await pictureBytes(1, 21, 32));
    const held = open(folder, "test");
    expect([held.size, held.record(0).name]).toEqual([1, "a/2.png"]);
    expect(held.hash).not.toBe(all.hash);
    expect(open(folder, "test").hash).toBe(held.hash);
    for (const one of [all, held]) one.close();
    expect(() => open(folder, "tst")).toThrow(/no records of the split `tst`/);
  });

  test.each([
    ['{"image": "../x.png"}', /line 1: `image` is no path below the folder/],
    ['{"image": "/etc/x.png"}', /`image` is no path/],
    ['\n{"text": "a"}\n{"text": 3}', /line 3: `text` is no text/],
    ['{"label": -1}', /`label` is no whole number/],
    ['{"label": 1', /line 1: it is not JSON/],
    ["[]", /it is no JSON object/],
    ['{"turns": [{"role": "system", "text": "x"}]}', /`turns` is no list of turns/],
    ["\n", /has no records/],
  ])("refuses %j", (text, message) => {
    expect(() => open(textFile("captions.jsonl", text))).toThrow(message);
  });
});

test("captions.csv has quotes, several texts, and languages", () => {
  const folder = textFile(
    "captions.csv",
    '\ufeffimage,text:en,text:de,text:en,label\r\na.png,"one, ""two""",eins,"new\nline",3\r\n\r\nb.png,x,,,4\r\n',
  );
  const source = open(folder);
  expect(source).toMatchObject({ size: 2, columns: ["image", "label", "text"] });
  expect(source.record(0).columns).toMatchObject({
    label: 3,
    text: { en: ['one, "two"', "new\nline"], de: ["eins"] },
  });
  expect(source.record(1).columns.text).toEqual({ en: ["x"] });
  const short = textFile("captions.csv", "image,text\na.png\n");
  expect(() => open(short)).toThrow(/line 2: it has 1 cells, and the first line names 2/);
});

test("a folder for each class", async () => {
  const folder = newFolder();
  for (const name of ["tabby_cat", "dog"]) {
    mkdirSync(join(folder, name));
    for (const n of [1, 2])
      writeFileSync(join(folder, name, `${n}.png`), await pictureBytes(n, 4, 4));
  }
  writeFileSync(join(folder, "dog", "notes.txt"), "no image");
  const source = open(folder);
  const records = Array.from({ length: source.size }, (_, n) => source.record(n));
  expect(
    records.map(({ name, columns: { label, text } }) => [name, label, text?.[""]?.[0]]),
  ).toEqual([
    ["dog/1.png", 0, "dog"],
    ["dog/2.png", 0, "dog"],
    ["tabby_cat/1.png", 1, "tabby cat"],
    ["tabby_cat/2.png", 1, "tabby cat"],
  ]);
  expect(() => open(newFolder())).toThrow(/neither captions nor folders of images/);
});

test("COCO and Karpathy's documents", async () => {
  const folder = newFolder();
  await writePictures(folder, 2);
  const images = [
    { id: 7, file_name: "a/0.png" },
    { id: 9, file_name: "a/1.png" },
  ];
  const annotations = [
    { image_id: 9, caption: "x" },
    { image_id: 7, caption: "y" },
    { image_id: 9, caption: "z", category_id: 18 },
  ];
  const categories = [{ id: 3 }, { id: 18 }];
  writeFileSync(join(folder, "coco.json"), JSON.stringify({ images, annotations, categories }));
  const coco = open(join(folder, "coco.json"));
  expect(coco).toMatchObject({ size: 2, columns: ["image", "text"] });
  expect(coco.record(1).columns).toMatchObject({ text: { "": ["x", "z"] }, label: 1 });
  const karpathy = {
    images: [{ filename: "0.png", filepath: "a", split: "val", sentences: [{ raw: "s" }] }],
  };
  writeFileSync(join(folder, "dataset.json"), JSON.stringify(karpathy));
  const record = open(join(folder, "dataset.json"), "val").record(0);
  expect([record.name, record.columns.text]).toEqual(["a/0.png", { "": ["s"] }]);
  expect(() => open(join(textFile("x.json", "{}"), "x.json"))).toThrow(/no list `images`/);
});

describe("arrays", () => {
  test(".npy and .safetensors by their names", () => {
    const folder = newFolder();
    const x = { element: "f32", shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) } as const;
    writeNpy(join(folder, "x.npy"), x);
    const label = { element: "i32", shape: [3], data: Int32Array.of(5, 6, 7) } as const;
    writeSafetensors(join(folder, "labels.safetensors"), { label });
    const source = open(folder);
    expect(source).toMatchObject({ size: 3, columns: ["label", "x"] });
    const { arrays, columns } = source.record(2);
    expect([[...(arrays.x?.data ?? [])], columns.label]).toEqual([[4, 5], 7]);
    source.close();
    writeNpy(join(folder, "y.npy"), { ...x, shape: [2, 3] });
    expect(() => open(folder)).toThrow(/`y` 2/);
  });

  test("IDX, packed and not", () => {
    const folder = newFolder();
    const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7, 6);
    writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), gzipSync(images));
    writeFileSync(
      join(folder, "train-labels-idx1-ubyte"),
      Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 4, 5),
    );
    const test = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 3);
    writeFileSync(join(folder, "t10k-labels-idx1-ubyte"), test);
    const source = open(folder);
    expect(source).toMatchObject({ size: 2, columns: ["image", "label"] });
    const { label, image } = source.record(1).columns;
    expect(label).toBe(5);
    expect(image).toEqual({
      kind: "grey",
      pixels: { width: 2, height: 1, data: Uint8Array.of(7, 6) },
    });
    expect(open(folder, "test").record(0).columns.label).toBe(3);
    writeFileSync(join(folder, "t10k-labels-idx1-ubyte"), test.subarray(0, 8));
    expect(() => open(folder, "test")).toThrow(/8 bytes, and its shape needs 9/);
  });
});

test("tar shards, indexed once", async () => {
  const folder = newFolder();
  const text = (words: string) => new TextEncoder().encode(words);
  const picture = await pictureBytes(1, 5, 6);
  const shard = (from: number) =>
    tarBytes({
      [`${from}.png`]: picture,
      [`${from}.txt`]: text(`text ${from}`),
      [`${from}.json`]: text(JSON.stringify({ label: from, key: `k${from}` })),
      [`${from + 1}.png`]: picture,
      [`${from + 1}.txt`]: text("other"),
      [`${from + 1}.json`]: text(JSON.stringify({ label: 1 })),
    });
  writeFileSync(join(folder, "train-0.tar"), shard(0));
  writeFileSync(join(folder, "train-1.tar"), shard(10));
  const index = indexSource({ path: folder, split: "train" });
  const source = openSource(index);
  expect(source).toMatchObject({ size: 4, columns: ["image", "key", "label", "text"] });
  const { name, columns } = source.record(2);
  expect(name).toBe("train-1.tar: 10");
  expect(columns).toMatchObject({ text: { "": ["text 10"] }, label: 10, key: "k10" });
  expect(columns.image?.kind === "encoded" && columns.image.bytes()).toEqual(picture);
  // The second time it comes from the cache, and is the same.
  expect(indexSource({ path: folder, split: "train" })).toEqual(index);
  expect(open(join(folder, "train-0.tar")).size).toBe(2);
  writeFileSync(join(folder, "train-1.tar"), shard(20));
  expect(open(folder).record(2).name).toBe("train-1.tar: 20");
});

test("what is not there, and what is nothing", () => {
  expect(() => open(join(root, "none"))).toThrow(/there is no data set/);
  expect(() => open(join(textFile("x.parquet", "x"), "x.parquet"))).toThrow(/known ways/);
});
