import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import type { InputSpec } from "../../compiler/artifact.ts";
import { decodeImage } from "../../runtime/images/decode-image.ts";
import { fitImage, imageFits } from "../../runtime/images/fit-image.ts";
import { normalizeImage } from "../../runtime/images/normalize-image.ts";
import type { Pixels } from "../../runtime/images/pixels.ts";
import { readImages } from "../../runtime/images/read-images.ts";
import { resizeImage } from "../../runtime/images/resize-image.ts";
import { readInput } from "../../runtime/inputs.ts";
import { Checkpoint } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-images-"));
afterAll(() => rmSync(folder, { recursive: true }));

function grey(levels: readonly number[], width: number): Pixels {
  return {
    width,
    height: levels.length / width,
    data: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
  };
}

function levelsOf(image: Pixels): number[] {
  return [...image.data].filter((_, index) => index % 3 === 0);
}

describe("resizing like Pillow", () => {
  const impulse = grey([0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0], 16);

  // Pillow 9.4: Image.fromarray(row).resize((n, 1), Image.BICUBIC)
  test.each([
    [5, [0, 10, 75, 0, 0]],
    [8, [0, 0, 0, 111, 29, 0, 0, 0]],
    [24, [...Array(10).fill(0), 143, 239, 34, ...Array(11).fill(0)]],
  ])("one white pixel of 16 to %i", (width, levels) => {
    expect(levelsOf(resizeImage(impulse, width, 1))).toEqual(levels);
    const standing = { width: 1, height: 16, data: impulse.data };
    expect(levelsOf(resizeImage(standing, 1, width))).toEqual(levels);
  });

  test("the same size is the same image", () => {
    expect(resizeImage(impulse, 16, 1)).toEqual(impulse);
  });

  test("rows are rounded to 8 bits before columns", () => {
    const image = grey([0, 255, 10, 200, 90, 30, 255, 0, 128], 3);
    expect(levelsOf(resizeImage(image, 2, 2))).toEqual([122, 84, 165, 62]);
  });
});

describe("inks", () => {
  // Pillow 12.3: an image of 8 x 8 in CMYK, saved as JPEG, and what `convert("RGB")` makes of the file.
  const written = Buffer.from(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwCT/g6Q/wCZi/7a/wBak/4ikP8Aqov/AJNf/XqT/gqR/wAFSP8AkI/8VF/f/wCWtfoP/wAFP/8Agp//AMMX/wBo/wDFQ/ZPsm//AJa7cYr/2Q==",
    "base64",
  );
  const rgb =
    "////2v7st//bk//Kb/61S/+lJ/+TA/+B/9vt19fXsNLBi8+uZsqYRMaFI8JyA71g/7fb0rDBqKingqGSXZp7PJNoHoxVAoRD/5PJzoqsoYKSenp6VXBjNWhPGWA9Alcs/2+3ymaYml57cVVjTExLLUM4FDonATIZ/0ulxkSFkzxoaDVPQy04JycnEB8YARgM/yeTwSJyix5UYBk9OhQnHxAYCwsLAQcE/wOBvgNghAJDVwItMgEZGAEMBwEEAAAA";
  const ofDifferences =
    "AIYAAJ0AALUABM0AROEAgPoAvf8A+/8bAG0AAIEAAJUAG6kAVboAicwRv9wx3NxPAFQAAGcAAHYAMYcKZJQnkKFDuKtbuLJwADsAAE0CEl0iQms9bXNUj3xopoF2l4OBACEeADU9KENWUk9qc1V3ilp/hlqBcldyAAheCBx1OSuFXDePdT2QgkCDaj1qUDVQAACeHwWrShavZiKmdCeGailqSyRLLBksAADeNADdVwO4axGXbhZyURdRLBEsCgUK";

  /** The byte of the Adobe marker that says what the four components are. */
  function withTransform(transform: number): Buffer {
    const file = Buffer.from(written);
    file[file.indexOf("Adobe") + 11] = transform;
    return file;
  }

  test.each([
    ["inverted inks, as Photoshop writes them", written, rgb],
    ["YCCK", withTransform(2), ofDifferences],
    ["without a marker", Buffer.concat([written.subarray(0, 2), written.subarray(18)]), rgb],
  ])("%s become light as in Pillow", async (_, file, wanted) => {
    const path = join(folder, "inks.jpg");
    writeFileSync(path, file);
    const { width, height, data } = await decodeImage(path);
    expect([width, height]).toEqual([8, 8]);
    expect(Buffer.from(data).toString("base64")).toBe(wanted);
  });
});

describe("fitting", () => {
  const wide = grey([10, 20, 30, 40, 50, 60, 70, 80], 4);

  test("crop takes the centre, offsets rounded half to even", () => {
    expect(levelsOf(fitImage(wide, 2, 2, "crop"))).toEqual([20, 30, 60, 70]);
    const five = grey([1, 2, 3, 4, 5], 5);
    // 1.5 rounds to 2, 0.5 to 0.
    expect(levelsOf(fitImage(grey([1, 2, 3, 4], 4), 1, 1, "crop"))).toEqual([3]);
    expect(levelsOf(fitImage(grey([1, 2], 2), 1, 1, "crop"))).toEqual([1]);
    expect(levelsOf(fitImage(five, 1, 1, "crop"))).toEqual([3]);
  });

  test("pad surrounds with the mean colour", () => {
    const padded = fitImage(wide, 4, 4, "pad");
    expect([...padded.data.slice(0, 3)]).toEqual([123, 116, 103]);
    expect(levelsOf(padded)).toEqual([
      ...Array(4).fill(123),
      10,
      20,
      30,
      40,
      50,
      60,
      70,
      80,
      ...Array(4).fill(123),
    ]);
  });

  test("every fit gives the size that was asked for", () => {
    for (const fit of imageFits) {
      for (const [width, height] of [
        [3, 5],
        [7, 7],
        [1, 4],
      ] as const) {
        const fitted = fitImage(wide, width, height, fit);
        expect([fitted.width, fitted.height, fitted.data.length]).toEqual([
          width,
          height,
          width * height * 3,
        ]);
      }
    }
  });
});

describe("decoding", () => {
  const red = { r: 200, g: 10, b: 30 };

  test("transparency is dropped, not blended", async () => {
    const path = join(folder, "clear.png");
    writeFileSync(
      path,
      await sharp({
        create: { width: 2, height: 1, channels: 4, background: { ...red, alpha: 0.25 } },
      })
        .png()
        .toBuffer(),
    );
    expect(await decodeImage(path)).toEqual({
      width: 2,
      height: 1,
      data: Uint8Array.of(200, 10, 30, 200, 10, 30),
    });
  });

  test("grey becomes three equal colours", async () => {
    const path = join(folder, "grey.png");
    await sharp(Uint8Array.of(7, 99), { raw: { width: 2, height: 1, channels: 1 } })
      .png()
      .toFile(path);
    expect([...(await decodeImage(path)).data]).toEqual([7, 7, 7, 99, 99, 99]);
  });

  test("the EXIF orientation turns the image upright", async () => {
    const path = join(folder, "turned.jpg");
    const source = sharp({ create: { width: 16, height: 8, channels: 3, background: red } });
    await source.jpeg().withMetadata({ orientation: 6 }).toFile(path);
    const { width, height } = await decodeImage(path);
    expect([width, height]).toEqual([8, 16]);
  });

  test("what is no image, is cut short or is not there is said", async () => {
    const text = join(folder, "text.png");
    writeFileSync(text, "this is not an image");
    await expect(decodeImage(text)).rejects.toMatchObject({ code: "not-an-image", exitCode: 1 });
    const whole = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: red,
        noise: { type: "gaussian", mean: 120, sigma: 50 },
      },
    })
      .png()
      .toBuffer();
    const cut = join(folder, "cut.png");
    writeFileSync(cut, whole.subarray(0, whole.length / 2));
    await expect(decodeImage(cut)).rejects.toMatchObject({ code: "not-an-image" });
    await expect(decodeImage(join(folder, "none.png"))).rejects.toMatchObject({
      code: "file-missing",
    });
    await expect(decodeImage(folder)).rejects.toMatchObject({ code: "file-unreadable" });
  });
});

describe("image inputs", () => {
  const spec: InputSpec = {
    name: "pixels",
    element: "f32",
    shape: [
      { name: "B", size: 2 },
      { name: "Rgb", size: 3 },
      { name: "Y", size: 4 },
      { name: "X", size: 4 },
    ],
    tensor: 0,
    reader: { name: "image", args: { fit: "squash" } },
  };

  test("several files make a batch of normalised planes", async () => {
    const paths = [join(folder, "a.png"), join(folder, "b.png")];
    for (const [index, path] of paths.entries()) {
      const background = { r: 255 * index, g: 128, b: 0 };
      await sharp({ create: { width: 9, height: 5, channels: 3, background } })
        .png()
        .toFile(path);
    }
    const tensor = await readInput(spec, paths.join(","));
    expect(tensor.shape).toEqual([2, 3, 4, 4]);
    const value = (level: number, mean: number, deviation: number) =>
      (level / 255 - mean) / deviation;
    expect(tensor.data[0]).toBeCloseTo(value(0, 0.485, 0.229), 5);
    expect(tensor.data[48]).toBeCloseTo(value(255, 0.485, 0.229), 5);
    expect(tensor.data[16]).toBeCloseTo(value(128, 0.456, 0.224), 5);
    expect(tensor.data[95]).toBeCloseTo(value(0, 0.406, 0.225), 5);
  });

  test("an input that is no image says so", async () => {
    const path = join(folder, "a.png");
    await expect(readImages([path], { ...spec, reader: undefined })).rejects.toMatchObject({
      code: "not-an-image-input",
    });
    const odd = { ...spec, reader: { name: "image", args: { fit: "stretch" } } };
    await expect(readImages([path], odd)).rejects.toMatchObject({ code: "not-an-image-input" });
  });
});

describe("the reference pipeline", () => {
  const oracle = new URL("../../../shared/oracle/vision/", import.meta.url).pathname;
  const isPresent = existsSync(join(oracle, "pipeline.safetensors"));
  if (!isPresent) console.log("skipped: the reference pipeline's tensors are not on this machine");
  const file = join(oracle, "pipeline.safetensors");
  const names = isPresent
    ? Object.keys(JSON.parse(readFileSync(join(oracle, "pipeline.json"), "utf8")).images)
    : [];

  test.skipIf(!isPresent)("gives the same levels and numbers for every image and fit", async () => {
    const fitOfTensor = { centre_crop: "crop", squash: "squash", pad: "pad" } as const;
    for (const name of names) {
      const image = await decodeImage(join(oracle, "images", `${name}.png`));
      expect(image.data, `${name}.raw`).toEqual(
        Uint8Array.from(readTensor(file, `${name}.raw`).data),
      );
      for (const [tensor, fit] of Object.entries(fitOfTensor)) {
        const fitted = fitImage(image, 56, 56, fit);
        expect(fitted.data, `${name}.${tensor}`).toEqual(
          Uint8Array.from(readTensor(file, `${name}.${tensor}.u8`).data),
        );
        const numbers = new Float32Array(3 * 56 * 56);
        normalizeImage(fitted, numbers, 0);
        expect(numbers, `${name}.${tensor}.f32`).toEqual(
          readTensor(file, `${name}.${tensor}.f32`).data,
        );
      }
    }
  });

  test.skipIf(!isPresent)("resizes one white pixel alike", () => {
    const checkpoint = Checkpoint.open(file);
    const keys = [...checkpoint.tensors.keys()].filter((key) => key.startsWith("impulse16.to"));
    checkpoint.close();
    expect(keys.length).toBeGreaterThan(0);
    const raw = readTensor(file, "impulse16.raw");
    for (const key of keys) {
      const wanted = readTensor(file, key);
      const resized = resizeImage(
        { width: 16, height: 1, data: Uint8Array.from(raw.data) },
        wanted.shape[1] ?? 0,
        1,
      );
      expect(resized.data, key).toEqual(Uint8Array.from(wanted.data));
    }
  });
});
