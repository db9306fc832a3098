import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { load } from "../../compiler/api/library.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { slowMean, slowResize, slowWindow } from "../support/evaluate/slow-windows.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-photo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const driver = "lavapipe";

/** The window of the paper, in a model of one block. */
const classes = 5;
const vision = { D: 16, Heads: 2, Hidden: 32, depth: 4, image: 504 };
const set = {
  Class: classes,
  ...Object.fromEntries(
    Object.entries(vision).map(([name, value]) => [`vision_model.${name}`, value]),
  ),
};
const [height, width] = [517, 700];
const [mean, deviation] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
];

test(`a photo of 517 x 700 on ${driver}: two windows, as computed slowly`, async (context) => {
  const root = join(folder, "ADEChallengeData2016");
  for (const kind of ["images", "annotations"])
    mkdirSync(join(root, kind, "validation"), { recursive: true });
  const photo = join(root, "images/validation/one.jpg");
  const scene = sharp("examples/scene.jpg").resize(width, height, { fit: "fill" });
  writeFileSync(photo, await scene.jpeg({ quality: 95 }).toBuffer());
  const truth = Uint8Array.from({ length: width * height }, (_, pixel) => pixel % 6);
  await sharp(truth, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(join(root, "annotations/validation/one.png"));
  const out = join(folder, "out");
  const settings = Object.entries(set).flatMap(([path, value]) => ["--set", `${path}=${value}`]);
  const { exitCode, stdout, stderr } = await runWeft([
    ...["eval", "models/heads/heads.weft", "--model", "LinearSegmenter", ...settings],
    ...["--weights", "random:2", "--task", "segmentation", "--data", folder, "--out", out],
    ...["--device", driver, "--draws", "0", "--json"],
  ]);
  if (stdout.includes("no-adapter")) return context.skip();
  expect(exitCode, stderr + stdout).toBe(0);

  const { data } = await sharp(photo).raw().toBuffer({ resolveWithObject: true });
  const levels = [0, 1, 2].map((colour) =>
    Array.from({ length: height }, (_, row) =>
      Array.from(
        { length: width },
        (_column, column) => data[3 * (row * width + column) + colour] ?? 0,
      ),
    ),
  );
  const whole = (planes: typeof levels) =>
    planes.map((plane) => plane.map((row) => row.map(Math.round)));
  const kept = whole(slowResize(levels, 504, 682).map((plane) => plane.map((row) => [...row])));
  const sized = whole(slowResize(kept, 504, 686).map((plane) => plane.map((row) => [...row])));
  const normalised = sized.map((plane, colour) =>
    plane.map((row) =>
      row.map((level) => (level / 255 - (mean?.[colour] ?? 0)) / (deviation?.[colour] ?? 1)),
    ),
  );
  const loaded = await load<{ pixels: Tensor }, Record<string, Tensor>>({
    ...{ file: "models/heads/heads.weft", model: "LinearSegmenter", mode: "segment", set },
    ...{ weights: "random:2", sizes: { B: 1 }, device: driver },
  });
  const windows: { left: number; scores: Float32Array }[] = [];
  try {
    for (const left of [0, 182]) {
      const pixels = slowWindow(normalised, 0, left, 504);
      const outputs = await loaded.run({
        pixels: { element: "f32", shape: [1, 3, 504, 504], data: pixels },
      });
      windows.push({ left, scores: Float32Array.from(Object.values(outputs)[0]?.data ?? []) });
    }
  } finally {
    loaded.dispose();
  }
  const scores = slowResize(slowMean(windows, classes, 504, 686), height, width);
  const found = await sharp(join(out, "labels/one.png")).extractChannel(0).raw().toBuffer();
  let [others, worst] = [0, 0];
  const seen = new Set<number>();
  for (let pixel = 0; pixel < width * height; pixel++) {
    const own = scores.map((plane) => plane[Math.floor(pixel / width)]?.[pixel % width] ?? 0);
    const label = (found[pixel] ?? 0) - 1;
    seen.add(label);
    // What is found is the highest score, or one that rounding cannot tell from it.
    const distance = Math.max(...own) - (own[label] ?? Number.NEGATIVE_INFINITY);
    if (distance !== 0) others++;
    worst = Math.max(worst, distance);
  }
  expect(worst).toBeLessThan(1e-4);
  expect(others).toBeLessThan(0.001 * width * height);
  // A map of one class would show nothing.
  expect(seen.size).toBeGreaterThan(1);
}, 400_000);
