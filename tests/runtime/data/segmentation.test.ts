import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reader } from "../../../compiler/ir/graph/graph.ts";
import { DataBatches } from "../../../runtime/data/data-batches.ts";
import { indexSource } from "../../../runtime/data/index-source.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import type { BatchInput } from "../../../runtime/train/batch-source.ts";

const root = mkdtempSync(join(tmpdir(), "weft-segmentation-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const [count, batch, classes] = [6, 6, 5];
/** Level of the picture where the mask has a class. */
const levelOf = (level: number) => 40 * level + 20;

/** Bands of classes, slanted, so that every move shows. */
const classAt = (n: number, row: number, column: number) =>
  Math.floor((row + 2 * column + 5 * n) / 40) % classes;

const sizeOf = (n: number) => ({ width: 50 + n, height: 40 + 3 * n });

async function writeMasked(folder: string): Promise<void> {
  mkdirSync(folder);
  const lines: string[] = [];
  for (let n = 0; n < count; n++) {
    const { width, height } = sizeOf(n);
    const bands = Uint8Array.from({ length: width * height }, (_, at) =>
      classAt(n, Math.floor(at / width), at % width),
    );
    const grey = { raw: { width, height, channels: 1 } } as const;
    await sharp(bands.map(levelOf), grey)
      .png()
      .toFile(join(folder, `${n}.png`));
    await sharp(bands, grey)
      .toColourspace("b-w")
      .png()
      .toFile(join(folder, `${n}-mask.png`));
    lines.push(JSON.stringify({ image: `${n}.png`, mask: `${n}-mask.png` }));
  }
  writeFileSync(join(folder, "captions.jsonl"), `${lines.join("\n")}\n`);
}
beforeAll(() => writeMasked(join(root, "bands")));

const [height, width] = [24, 28];
const axis = (name: string, size: number) => ({ name, size });
const B = axis("B", batch);
const sides = [axis("Y", height), axis("X", width)];
const picture = (args: Reader["args"]): BatchInput => ({
  name: "pixels",
  element: "f32",
  shape: [B, ...sides],
  reader: { name: "image", args },
});
const mask = (args: Reader["args"] = {}): BatchInput => ({
  name: "label",
  element: "i32",
  shape: [B, ...sides],
  reader: { name: "segmentation", args },
});

function open(inputs: readonly BatchInput[], folder = "bands", badRecords = 0): DataBatches {
  const index = indexSource({ path: join(root, folder), split: undefined });
  const none = { tokenizer: undefined, questionTokenizer: undefined, workers: 0 };
  return DataBatches.open(inputs, {
    sources: [{ index, weight: 1 }],
    seed: 3,
    batch,
    badRecords,
    ...none,
  });
}

async function first(inputs: readonly BatchInput[], folder?: string) {
  const source = open(inputs, folder);
  const { inputs: found } = await source.read({ samples: 0 });
  source.close();
  return found;
}

/** The class that a normalised grey level is of; undefined between two. */
function classOf(level: number): number | undefined {
  const byte = 255 * (level * 0.226 + 0.449);
  const found = (byte - 20) / 40;
  return Math.abs(found - Math.round(found)) < 0.02 ? Math.round(found) : undefined;
}

describe("classes by pixel", () => {
  test.each<[string, Reader["args"]]>([
    ["cut out of the middle", {}],
    ["squashed", { fit: "squash" }],
    ["a box", { box: [5, 7, 30, 20] }],
    ["a random part, mirrored", { crop: "random", scale: [0.3, 1], flip: true }],
    [
      "all at once",
      { crop: "random", flip: true, rotate: 25, zoom: [0.8, 1.2], shear: 8, jitter: [0, 0, 0] },
    ],
  ])("are those of the picture: %s", async (_, args) => {
    const { pixels, label } = await first([picture(args), mask({ ignore: -100 })]);
    let [agreed, looked] = [0, 0];
    for (const [at, level] of (pixels?.data ?? []).entries()) {
      const shown = classOf(level);
      const own = label?.data[at];
      if (shown === undefined || own === -100) continue;
      looked += 1;
      // Resampled levels may happen to be those of a class between two others.
      if (shown === own) agreed += 1;
    }
    expect(looked).toBeGreaterThan(0.3 * batch * height * width);
    expect(agreed / looked).toBeGreaterThan(0.97);
  });

  test("have every level of the mask, unchanged", async () => {
    const { label } = await first([picture({ fit: "squash" }), mask()]);
    expect([...new Set(label?.data)].toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  test("are ignored where the picture shows nothing, and where the first level is none", async () => {
    const turned = await first([picture({ rotate: 60 }), mask({ ignore: -100 })]);
    const free = [...(turned.label?.data ?? [])].filter((one) => one === -100).length;
    expect(free).toBeGreaterThan(0);
    const padded = await first([picture({ fit: "pad" }), mask({ ignore: 77 })]);
    expect(padded.label?.data).toContain(77);
    const plain = await first([picture({}), mask()]);
    const reduced = await first([picture({}), mask({ ignore: 255, reduce_zero: true })]);
    const wanted = [...(plain.label?.data ?? [])].map((level) => (level === 0 ? 255 : level - 1));
    expect([...(reduced.label?.data ?? [])]).toEqual(wanted);
  });

  test("of a palette are the places of its colours", async () => {
    const folder = join(root, "palette");
    mkdirSync(folder);
    const colours = Uint8Array.from({ length: 16 * 12 * 3 }, (_, at) =>
      Math.floor(at / 3) % 16 < 8 ? ([9, 30, 60][at % 3] ?? 0) : ([200, 20, 0][at % 3] ?? 0),
    );
    const rgb = { raw: { width: 16, height: 12, channels: 3 } } as const;
    await sharp(colours, rgb).png().toFile(join(folder, "p.png"));
    const indexed = await sharp(colours, rgb).png({ palette: true, colours: 4 }).toBuffer();
    // The decoder's order of colours is its own.
    const at = indexed.indexOf("PLTE") + 4;
    const placeOf = (red: number) => {
      for (let place = 0; ; place++)
        if (Math.abs((indexed[at + 3 * place] ?? 0) - red) < 4) return place;
    };
    writeFileSync(join(folder, "m.png"), indexed);
    const line = JSON.stringify({ image: "p.png", mask: "m.png" });
    writeFileSync(join(folder, "captions.jsonl"), `${line}\n`);
    const { label } = await first([picture({ fit: "squash" }), mask()], "palette");
    expect([label?.data[0], label?.data[width - 1]]).toEqual([placeOf(9), placeOf(200)]);
  });

  test.each<[string, (bytes: Buffer) => Promise<Uint8Array>, RegExp]>([
    [
      "with colours",
      async (own) => sharp(own).toColourspace("srgb").tint("red").png().toBuffer(),
      /has colours/,
    ],
    ["compressed with losses", (own) => sharp(own).jpeg().toBuffer(), /a mask is a PNG/],
    [
      "of another size",
      (own) => sharp(own).resize(20, 20).toColourspace("b-w").png().toBuffer(),
      /20 x 20 pixels, and its image 50 x 40/,
    ],
  ])("a mask %s is none", async (name, change, message) => {
    const folder = name.replaceAll(" ", "-");
    await writeMasked(join(root, folder));
    const own = await sharp(join(root, folder, "0-mask.png"))
      .png()
      .toBuffer();
    const changed = new Uint8Array(await change(own));
    writeFileSync(join(root, folder, "0-mask.png"), changed);
    const source = open([picture({ fit: "squash" }), mask()], folder, 1);
    const { notes } = await source.read({ samples: 0 });
    source.close();
    expect(notes).toEqual([expect.stringMatching(message)]);
  });

  test.each<[readonly BatchInput[], RegExp]>([
    [[picture({ mixup: 0.5 }), mask()], /classes cannot be mixed/],
    [
      [picture({}), { ...mask(), shape: [B, ...sides.toReversed()] }],
      /with the Y and X of `pixels`/,
    ],
    [[picture({}), { ...mask(), element: "f32" as Tensor["element"] }], /classes are i32/],
    [[picture({}), mask({ of: "image" })], /`of` names the input/],
  ])("%# is told before anything is read", (inputs, message) => {
    expect(() => open(inputs)).toThrow(message);
  });
});
