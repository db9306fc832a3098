import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { principalColours } from "../../examples/principal-colours.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("patch-features", () => {
  test("draws the features of the picture in well under two minutes", {
    timeout: 240_000,
  }, async () => {
    expect(spawnSync(process.execPath, [join(root, "bin", "build.mjs")]).status).toBe(0);
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "dist", "examples", "patch-features.js")],
      { cwd: folder, encoding: "utf8" },
    );
    expect(`${status}\n${status === 0 ? "" : stderr}`).toBe("0\n");
    expect(performance.now() - started).toBeLessThan(100_000);
    expect(stdout).toContain("InternViT_Ti on ");
    expect(stdout).toMatch(/kernel +engine +schedule +count +time +share +GFLOP\/s +GB\/s/);
    const picture = sharp(join(folder, "out", "patch-features.png"));
    const { width, height } = await picture.metadata();
    expect([width, height]).toEqual([912, 448]);
    const patches = await picture.extract({ left: 464, top: 0, width: 448, height: 448 }).stats();
    // Features that were all alike, or not finite, would be one colour.
    for (const channel of patches.channels.slice(0, 3)) expect(channel.stdev).toBeGreaterThan(20);
  });
});

describe("principal colours", () => {
  test("the direction of greatest difference is the first colour", () => {
    const vectors = Array.from({ length: 50 }, (_, patch) => [
      0.1 * Math.sin(patch * 7),
      patch,
      1,
      Math.cos(patch),
    ]);
    const colours = principalColours(Float32Array.from(vectors.flat()), 4);
    const reds = Array.from({ length: 50 }, (_, patch) => colours[patch * 3] ?? 0);
    const isRising = (values: readonly number[]) =>
      values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0));
    expect(isRising(reds) || isRising(reds.toReversed())).toBe(true);
    expect(Math.min(...reds)).toBe(0);
    expect(Math.max(...reds)).toBe(255);
  });
});
