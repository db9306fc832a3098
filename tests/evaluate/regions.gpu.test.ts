import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { slowIou } from "../support/evaluate/slow-metrics.ts";
import { tinyModels } from "../support/models/tiny-models.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-regions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny = tinyModels.find(({ model }) => model === "LinearSegmenter");
const settings = Object.entries(tiny?.set ?? {}).flatMap(([path, value]) => [
  "--set",
  `${path}=${value}`,
]);
const sizes = { "ADE val 1": [72, 101], ADE_val_2: [83, 70] } as const;

async function writeData(name = "data"): Promise<string> {
  const data = join(folder, name);
  const root = join(data, "ADEChallengeData2016");
  for (const kind of ["images", "annotations"])
    mkdirSync(join(root, kind, "validation"), { recursive: true });
  for (const [photoName, [height, width]] of Object.entries(sizes)) {
    const raw = { raw: { width, height, channels: 1 as const } };
    // Classes 0 (none) to 21 in squares.
    const labels = Uint8Array.from({ length: width * height }, (_, pixel) => {
      return (Math.floor(pixel / width / 12) * 5 + Math.floor((pixel % width) / 12)) % 22;
    });
    await sharp(labels, raw)
      .png()
      .toFile(join(root, "annotations/validation", `${photoName}.png`));
    const photo = sharp("examples/scene.jpg").resize(width, height, { fit: "fill" });
    writeFileSync(
      join(root, "images/validation", `${photoName}.jpg`),
      await photo.jpeg().toBuffer(),
    );
  }
  return data;
}

const driver = "lavapipe";

function evaluate(data: string, task: string, ...args: readonly string[]) {
  return runWeft([
    ...["eval", "models/heads/heads.weft", "--model", "LinearSegmenter", ...settings],
    ...["--weights", "random:2", "--task", task, "--data", data],
    ...["--device", driver, "--draws", "20", "--json", ...args],
  ]);
}

test(`segmentation on ${driver}: labels that are written score as the table says`, async (context) => {
  const data = await writeData();
  const out = process.env.WEFT_EVAL_KEEP ?? join(folder, "out");
  const { exitCode, stdout, stderr } = await evaluate(data, "segmentation", "--out", out);
  if (stdout.includes("no-adapter")) {
    console.log(`skipped: there is no ${driver}`);
    return context.skip();
  }
  expect(exitCode, stderr + stdout).toBe(0);
  const [found] = JSON.parse(stdout).tasks;
  expect(found).toMatchObject({ items: 2, units: 2, partial: false });
  const gray = async (path: string) => [...(await sharp(path).extractChannel(0).raw().toBuffer())];
  const maps = await Promise.all(
    Object.keys(sizes).map(async (name) => ({
      predicted: await gray(join(out, "labels", `${name}.png`)),
      labels: (
        await gray(join(data, "ADEChallengeData2016/annotations/validation", `${name}.png`))
      ).map((label) => (label === 0 ? 255 : label)),
    })),
  );
  const iou = Array.from({ length: 21 }, (_, label) => slowIou(maps, label + 1));
  expect(found.details.iou).toEqual(iou);
  const defined = iou.filter((value) => value !== null);
  expect(found.numbers.mIoU).toBeCloseTo(defined.reduce((a, b) => a + b, 0) / defined.length, 12);
  for (const [name, [height, width]] of Object.entries(sizes)) {
    // Photo, truth and prediction beside each other, and a legend below.
    const picture = await sharp(readFileSync(join(out, "pictures", `${name}.png`))).metadata();
    expect(picture.width).toBeGreaterThanOrEqual(3 * width);
    expect(picture.height).toBeGreaterThan(height + 20);
  }
  // As a kill leaves it: one map is there, and only the other photo is run again.
  rmSync(join(out, "labels", "ADE_val_2.png"));
  rmSync(join(out, "scores.json"));
  const resumed = await evaluate(data, "segmentation", "--out", out);
  expect(JSON.parse(resumed.stdout).tasks).toEqual([found]);
  expect(resumed.stderr).toContain("1 photos computed, 1 from the cache");
  const labels = join(data, "ADEChallengeData2016/annotations/validation/ADE_val_2.png");
  rmSync(labels);
  const broken = await evaluate(data, "segmentation");
  expect(broken.exitCode).toBe(1);
  expect(broken.stdout).toContain(labels);
}, 400_000);

test("what stands in a map of labels, and is of another size than its photo, is told", async (context) => {
  const data = await writeData("wrong");
  const root = join(data, "ADEChallengeData2016");
  cpSync(
    join(root, "annotations/validation/ADE val 1.png"),
    join(root, "annotations/validation/ADE_val_2.png"),
  );
  const { exitCode, stdout } = await evaluate(data, "segmentation");
  if (stdout.includes("no-adapter")) return context.skip();
  expect(exitCode).toBe(1);
  expect(stdout).toContain("ADE_val_2.png`: it is 101 x 72, and its photo 70 x 83");
  writeFileSync(join(root, "annotations/validation/ADE val 1.png"), "no picture");
  expect((await evaluate(data, "segmentation")).stdout).toContain("not-an-image");
}, 400_000);
