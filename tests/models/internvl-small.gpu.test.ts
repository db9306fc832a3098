import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load, loadTokenizer, readTexts } from "../../compiler/api/library.ts";
import type { Device } from "../../runtime/device/device.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const folder = join(import.meta.dirname, "..", "..", "models", "internvl-small");
const weights = join(folder, "model.safetensors");

/** Names of Unicode's CLDR (Unicode-3.0), and a drawing that is nobody's of the four artists. */
const signs = [
  { en: "red heart", it: "cuore rosso", zh: "红心", ...heart("#d22") },
  { en: "blue heart", it: "cuore blu", zh: "蓝心", ...heart("#36d") },
  { en: "green heart", it: "cuore verde", zh: "绿心", ...heart("#3a4") },
  { en: "red circle", it: "cerchio rosso", zh: "红色圆", ...circle("#d22") },
  { en: "blue circle", it: "cerchio blu", zh: "蓝色圆", ...circle("#36d") },
  { en: "green circle", it: "cerchio verde", zh: "绿色圆", ...circle("#3a4") },
  { en: "purple square", it: "quadrato viola", zh: "紫色方块", ...square("#83c") },
  { en: "blue square", it: "quadrato blu", zh: "蓝色方块", ...square("#36d") },
] as const;

function heart(fill: string) {
  const path =
    "M48 82 C4 52 10 16 30 16 C40 16 48 28 48 28 C48 28 56 16 66 16 C86 16 92 52 48 82 Z";
  return { shape: `<path d="${path}" fill="${fill}"/>` };
}

function circle(fill: string) {
  return { shape: `<circle cx="48" cy="48" r="38" fill="${fill}"/>` };
}

function square(fill: string) {
  return { shape: `<rect x="12" y="12" width="72" height="72" rx="4" fill="${fill}"/>` };
}

/** On the grey that is behind drawings in training. */
function pictureOf({ shape }: { readonly shape: string }): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96">${shape}</svg>`;
  return sharp(Buffer.from(svg))
    .flatten({ background: { r: 124, g: 116, b: 104 } })
    .png()
    .toBuffer();
}

describe("the checkpoint of models/internvl-small", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  test("has at most 4 MB", () => {
    expect(statSync(weights).size).toBeLessThan(4e6);
  });

  test("finds names of drawings that nobody trained on, in three languages", {
    timeout: 240_000,
  }, async (context) => {
    if (device === undefined) return context.skip();
    const pictures = await Promise.all(signs.map(pictureOf));
    const names = (["en", "it", "zh"] as const).flatMap((language) =>
      signs.map((sign) => sign[language]),
    );
    const { set } = JSON.parse(readFileSync(join(folder, "check.json"), "utf8"));
    const loaded = await load({
      file: join(folder, "..", "internvl", "internvl.weft"),
      model: "InternVL",
      mode: "similarity_c",
      weights,
      set,
      sizes: { B: signs.length, T: names.length, Text: 12 },
      device,
    });
    const form = { prefix: "summarize:", bos: true, eos: true, length: 12 };
    const tokenizer = loadTokenizer(join(folder, "tokenizer.model"));
    const { output } = await loaded.run({
      pixels: pictures,
      ids: readTexts(names, tokenizer, form),
    });
    loaded.dispose();
    const scores = [...(output?.data ?? [])].map(Number);
    const places = signs.flatMap((_, picture) =>
      ["en", "it", "zh"].map((_, language) => {
        const first = picture * names.length + language * signs.length;
        const row = scores.slice(first, first + signs.length);
        return row.filter((score) => score > (row[picture] ?? Number.NaN)).length;
      }),
    );
    const share = (most: number) => places.filter((place) => place < most).length / places.length;
    console.log(`first: ${share(1)}, among the first two: ${share(2)}`);
    // By chance they were 0.125 and 0.25.
    expect(share(1)).toBeGreaterThanOrEqual(0.8);
    expect(share(2)).toBeGreaterThanOrEqual(0.9);
  });
});
