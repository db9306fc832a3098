import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { rasterPixels } from "../../runtime/evaluate/images/raster.ts";
import { storedDigest, storedPixels } from "../../runtime/evaluate/images/stored-image.ts";
import { portableMap } from "../support/evaluate/images.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-stored-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("pictures behind each other: grey, planes by row, planes by column", async () => {
  const size = { start: 0, width: 3, height: 2 };
  const bytes = Uint8Array.from({ length: 18 }, (_, index) => 10 * index);
  expect([...rasterPixels(bytes, { ...size, order: "grey" }).data]).toEqual(
    [0, 10, 20, 30, 40, 50].flatMap((level) => [level, level, level]),
  );
  expect([...rasterPixels(bytes, { ...size, order: "rows" }).data.subarray(0, 6)]).toEqual([
    0, 60, 120, 10, 70, 130,
  ]);
  // By columns the second pixel of the first row is the third of its plane.
  expect([...rasterPixels(bytes, { ...size, order: "columns" }).data.subarray(0, 6)]).toEqual([
    0, 60, 120, 20, 80, 140,
  ]);
  writeFileSync(join(folder, "many.bin"), bytes);
  const second = { path: "many.bin", raster: { ...size, start: 6, order: "grey" } as const };
  expect((await storedPixels(folder, second)).data[0]).toBe(60);
});

test("a portable pixmap is read, and one that is cut off is told", async () => {
  const bytes = portableMap(2);
  writeFileSync(join(folder, "a.ppm"), bytes);
  const { width, height, data } = await storedPixels(folder, { path: "a.ppm" });
  expect([width, height, ...data.subarray(0, 3)]).toEqual([6, 5, 0, 15, 30]);
  writeFileSync(join(folder, "cut.ppm"), bytes.subarray(0, bytes.length - 1));
  await expect(storedPixels(folder, { path: "cut.ppm" })).rejects.toThrow("are needed");
});

test("a part of a picture, and a key that tells parts, bytes and forms apart", async () => {
  const levels = Uint8Array.from({ length: 5 * 4 * 3 }, (_, index) => index);
  const raw = { width: 5, height: 4, channels: 3 } as const;
  writeFileSync(join(folder, "a.png"), await sharp(levels, { raw }).png().toBuffer());
  const box = { left: 1, top: 2, width: 3, height: 2 };
  const part = await storedPixels(folder, { path: "a.png", box });
  expect([...part.data.subarray(0, 4)]).toEqual([33, 34, 35, 36]);
  const beyond = { path: "a.png", box: { ...box, width: 5 } };
  await expect(storedPixels(folder, beyond)).rejects.toThrow("the picture is 5 x 4");
  writeFileSync(join(folder, "same.png"), await sharp(levels, { raw }).png().toBuffer());
  const keys = [
    { path: "a.png" },
    { path: "a.png", box },
    { path: "a.png", box: { ...box, left: 0 } },
    { path: "a.png", raster: { start: 0, width: 3, height: 2, order: "grey" } as const },
    { path: "a.png", raster: { start: 3, width: 3, height: 2, order: "grey" } as const },
    { path: "a.png", raster: { start: 0, width: 2, height: 3, order: "grey" } as const },
  ].map((image) => storedDigest(folder, image));
  expect(new Set(keys).size).toBe(keys.length);
  expect(storedDigest(folder, { path: "same.png" })).toBe(keys[0]);
});
