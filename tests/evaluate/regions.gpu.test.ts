import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

async function writeData(): Promise<string> {
  const data = join(folder, "data");
  const root = join(data, "ADEChallengeData2016");
  for (const kind of ["images", "annotations"])
    mkdirSync(join(root, kind, "validation"), { recursive: true });
  for (const [name, [height, width]] of Object.entries(sizes)) {
    const raw = { raw: { width, height, channels: 1 as const } };
    // Classes 0 (none) to 21 in squares.
    const labels = Uint8Array.from({ length: width * height }, (_, pixel) => {
      return (Math.floor(pixel / width / 12) * 5 + Math.floor((pixel % width) / 12)) % 22;
    });
    await sharp(labels, raw)
      .png()
      .toFile(join(root, "annotations/validation", `${name}.png`));
    const photo = sharp("examples/scene.jpg").resize(width, height, { fit: "fill" });
    writeFileSync(join(root, "images/validation", `${name}.jpg`), await photo.jpeg().toBuffer());
  }
  return data;
}

const driver = "lavapipe";

test(`segmentation on ${driver}: labels that are written score as the table says`, async (context) => {
  const data = await writeData();
  const out = process.env.WEFT_EVAL_KEEP ?? join(folder, "out");
  const { exitCode, stdout, stderr } = await runWeft([
    ...["eval", "models/heads/heads.weft", "--model", "LinearSegmenter", ...settings],
    ...["--weights", "random:2", "--task", "segmentation", "--data", data, "--out", out],
    ...["--device", driver, "--draws", "20", "--json"],
  ]);
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
    const picture = await sharp(readFileSync(join(out, "pictures", `${name}.png`))).metadata();
    expect([picture.height, picture.width]).toEqual([height, width]);
  }
  const labels = join(data, "ADEChallengeData2016/annotations/validation/ADE_val_2.png");
  rmSync(labels);
  const broken = await runWeft([
    ...["eval", "models/heads/heads.weft", "--model", "LinearSegmenter", "--weights", "random:2"],
    ...["--task", "segmentation", "--data", data, "--device", driver],
  ]);
  expect(broken.exitCode).toBe(1);
  expect(broken.stderr).toContain(labels);
}, 240_000);
