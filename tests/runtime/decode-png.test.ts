import fc from "fast-check";
import sharp, { type PngOptions } from "sharp";
import { expect, test } from "vitest";
import { decodeImage } from "../../runtime/images/decode-image.ts";
import { decodePlainPng } from "../../runtime/images/decode-png.ts";

type Colour = readonly [number, number, number];

/** What the general decoder gives, set as `decodeImage` sets it. */
async function generally(bytes: Uint8Array, background: Colour | undefined): Promise<Uint8Array> {
  const [r = 0, g = 0, b = 0] = background ?? [];
  const image = sharp(bytes);
  const opaque =
    background === undefined ? image.removeAlpha() : image.flatten({ background: { r, g, b } });
  return new Uint8Array(await opaque.toColourspace("srgb").raw({ depth: "uchar" }).toBuffer());
}

const level = fc.integer({ min: 0, max: 255 });
const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    channels: fc.constantFrom(3 as const, 4 as const),
    filter: fc.boolean(),
    background: fc.option(fc.tuple(level, level, level), { nil: undefined }),
  })
  .chain((form) => {
    const length = form.width * form.height * form.channels;
    return fc.record({
      form: fc.constant(form),
      levels: fc.uint8Array({ minLength: length, maxLength: length }),
    });
  });

test("plain PNGs are decoded to the levels that the general decoder gives", async () => {
  await fc.assert(
    fc.asyncProperty(picture, async ({ form, levels }) => {
      const { width, height, channels, filter, background } = form;
      const bytes = await sharp(levels, { raw: { width, height, channels } })
        .png({ adaptiveFiltering: filter })
        .toBuffer();
      const found = await decodePlainPng(bytes, background);
      expect(found).toMatchObject({ width, height });
      expect([...(found?.data ?? [])]).toEqual([...(await generally(bytes, background))]);
    }),
    { numRuns: 100 },
  );
});

test("every transparency of every level is laid on a background alike", async () => {
  const levels = Uint8Array.from({ length: 256 * 256 * 4 }, (_, at) => {
    const pixel = at >> 2;
    return at % 4 === 3 ? pixel >> 8 : at % 4 === 1 ? 255 - (pixel & 255) : pixel & 255;
  });
  const bytes = await sharp(levels, { raw: { width: 256, height: 256, channels: 4 } })
    .png()
    .toBuffer();
  for (const background of [
    [0, 0, 0],
    [255, 255, 255],
    [124, 116, 104],
    [1, 128, 254],
  ] as const)
    expect(
      Buffer.compare(
        (await decodePlainPng(bytes, background))?.data ?? new Uint8Array(),
        await generally(bytes, background),
      ),
    ).toBe(0);
});

const drawn = (options: PngOptions, side = 6) =>
  sharp({
    create: {
      width: side,
      height: side,
      channels: 4,
      background: { r: 9, g: 200, b: 31, alpha: 0.5 },
    },
  }).png(options);

test.each([
  ["a palette", drawn({ palette: true })],
  ["rows in seven passes", drawn({ progressive: true })],
  ["grey", drawn({}).toColourspace("b-w")],
  ["a turn in its EXIF", drawn({}).withMetadata({ orientation: 6 })],
  ["many pixels", drawn({}, 600)],
])("a PNG with %s is left to the general decoder", async (_, image) => {
  expect(await decodePlainPng(await image.toBuffer(), undefined)).toBeUndefined();
});

test("of a damaged PNG the general decoder says what is wrong", async () => {
  const whole = await drawn({}).toBuffer();
  await expect(decodeImage(whole)).resolves.toMatchObject({ width: 6, height: 6 });
  for (let end = 8; end < whole.length; end += 3)
    expect(await decodePlainPng(whole.subarray(0, end), undefined)).toBeUndefined();
  const flipped = whole.slice();
  const inPixels = whole.indexOf("IDAT") + 6;
  flipped[inPixels] = (flipped[inPixels] ?? 0) ^ 0x55;
  expect(await decodePlainPng(flipped, undefined)).toBeUndefined();
  await expect(decodeImage(flipped)).rejects.toMatchObject({ code: "not-an-image" });
});
