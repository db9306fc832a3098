import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Reader } from "../../../compiler/ir/graph/graph.ts";
import { DataBatches } from "../../../runtime/data/data-batches.ts";
import { indexSource } from "../../../runtime/data/index-source.ts";
import { normalizeImage } from "../../../runtime/images/normalize-image.ts";

const root = mkdtempSync(join(tmpdir(), "weft-backgrounds-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const [batch, side, plane] = [4, 8, 64];
const background = [124, 116, 104];
const jitter = [0.9, 0.9, 0.9, 0.5];

beforeAll(async () => {
  // Red on the left, and nothing on the right.
  const pixels = Array.from({ length: plane }, (_, n) =>
    n % side < side / 2 ? [200, 40, 20, 255] : [9, 9, 9, 0],
  );
  await sharp(Uint8Array.from(pixels.flat()), { raw: { width: side, height: side, channels: 4 } })
    .png()
    .toFile(join(root, "half.png"));
  writeFileSync(join(root, "captions.jsonl"), '{"image": "half.png"}\n');
});

/** A place of each picture of a batch, [sample, colour]. */
async function seenAt(args: Reader["args"], row: number, column: number) {
  const axes = [batch, 3, side, side].map((size, n) => ({ name: n === 0 ? "B" : `A${n}`, size }));
  const reader = { name: "image", args: { fit: "squash", ...args } };
  const source = DataBatches.open([{ name: "pixels", element: "f32", shape: axes, reader }], {
    sources: [{ index: indexSource({ path: root, split: undefined }), weight: 1 }],
    seed: 4,
    batch,
    workers: 0,
    badRecords: 0,
    tokenizer: undefined,
    questionTokenizer: undefined,
  });
  const { inputs } = await source.read({ samples: 0 });
  source.close();
  const data = inputs.pixels?.data ?? [];
  return Array.from({ length: batch }, (_, sample) =>
    [0, 1, 2].map((colour) => data[plane * (3 * sample + colour) + side * row + column]),
  );
}

const behind = new Float32Array(3);
normalizeImage({ width: 1, height: 1, data: Uint8Array.from(background) }, behind, 0);

test("other colours leave what is behind a drawing as it is", async () => {
  expect(await seenAt({ background, jitter }, 3, 7)).toEqual(Array(batch).fill([...behind]));
  const drawn = await seenAt({ background, jitter }, 3, 0);
  expect(new Set(drawn.map(String)).size).toBe(batch);
});

test("what a turned drawing leaves free is its background, too", async () => {
  const found = await seenAt({ background, jitter, rotate: 45, zoom: [0.5, 0.5] }, 0, 0);
  expect(found).toEqual(Array(batch).fill([...behind]));
});

test("without colours that change, drawings are laid on it and stay as they are", async () => {
  expect(await seenAt({ background }, 3, 7)).toEqual(Array(batch).fill([...behind]));
  expect(new Set((await seenAt({ background }, 3, 0)).map(String)).size).toBe(1);
});

test("without a background, what is transparent is dropped, and all colours change", async () => {
  const found = await seenAt({ jitter }, 3, 7);
  expect(found).not.toContainEqual([...behind]);
});
