import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { readStudyDocument } from "../../../compiler/api/studies/folder/study-document.ts";
import { readStudyResults } from "../../../compiler/api/studies/read-study-results.ts";
import { generator } from "../../support/graphs/random-tensors.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const driver = "lavapipe";
const folder = mkdtempSync(join(tmpdir(), "weft-measured-classes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
process.env.WEFT_CACHE = join(folder, "cache");

const text = `
import { Linear, PatchEmbed } from "std/layers"
import { cross_entropy } from "std/losses"
import { AdamW } from "std/optimizers"

model Sorter<D = 8, Class = 3>(image: int = 8, patch: int = 4) where image % patch == 0 {
  axis Rgb = 3
  axis Row = image / patch
  axis Col = image / patch
  axis Patch = (Row, Col)
  use embed = PatchEmbed<Rgb, Row, Col, D>(patch)
  use head = Linear<D, Class>()

  mode classify(pixels: f32[B, Rgb, Y = image, X = image] from image(fit: "crop")) -> [B, Class] {
    head(mean{Patch}(embed(real(pixels))))
  }
}

stage learn of Sorter(
  pixels: f32[B, Rgb, Y = image, X = image] from image(fit: "crop"), label: i32[B] from label()
) {
  train everything else at lr 1e-2
  optimizer AdamW()
  steps 30
  batch 12
  loss {
    cross_entropy{Class}(classify(pixels), label)
  }
}

experiment widths of Sorter {
  set D in [8, 12]
  run learn for 30 steps
  seeds 0..2
  measure right = linear_probe(dataset: "colours", split: "test")
  measure grey = linear_probe(dataset: "levels", split: "test", limit: 4, batch: 2)
  report table(params, right.top1, right.mean_recall, grey.top1)
}
`;

/** Pictures whose colour says what class they are of, under noise; the test ones overlap, so that not all are found. */
async function writeColours(): Promise<void> {
  const next = generator(3);
  const [width, height] = [12, 10];
  for (const [split, count, bias] of [
    ["train", 8, 60],
    ["test", 7, 12],
  ] as const)
    for (const [label, name] of ["red", "green", "blue"].entries()) {
      mkdirSync(join(folder, "colours", split, name), { recursive: true });
      for (let n = 0; n < count; n++) {
        const data = Uint8Array.from({ length: 3 * width * height }, (_, at) =>
          Math.floor(150 * next() + (at % 3 === label ? bias : 0)),
        );
        const picture = sharp(data, { raw: { width, height, channels: 3 } });
        await picture.png().toFile(join(folder, "colours", split, name, `${n}.png`));
      }
    }
}

/** Six grey pictures in IDX files, as MNIST's test part lies beside its other one. */
function writeLevels(): void {
  mkdirSync(join(folder, "levels"));
  const [count, side] = [6, 9];
  const bytes = (magic: number, shape: readonly number[], data: Uint8Array): Uint8Array => {
    const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
    head.setUint32(0, magic);
    for (const [axis, length] of shape.entries()) head.setUint32(4 + 4 * axis, length);
    return Buffer.concat([new Uint8Array(head.buffer), data]);
  };
  const levels = Uint8Array.from({ length: count * side * side }, (_, at) => (37 * at) % 251);
  const labels = Uint8Array.from({ length: count }, (_, at) => at % 3);
  for (const prefix of ["train", "t10k"]) {
    const place = (what: string) => join(folder, "levels", `${prefix}-${what}-ubyte`);
    writeFileSync(place("images-idx3"), bytes(0x803, [count, side, side], levels));
    writeFileSync(place("labels-idx1"), bytes(0x801, [count], labels));
  }
}

const ablate = (...args: readonly string[]) =>
  runWeft(["ablate", "sorter.weft", "--experiment", "widths", "--device", driver, ...args], folder);

test("cells are measured as `weft eval` measures the folders of their runs", {
  timeout: 900_000,
}, async (context) => {
  const device = await openTestDevice(driver);
  if (device === undefined) return context.skip();
  device.dispose();
  writeFileSync(join(folder, "sorter.weft"), text);
  // Nothing is begun while data of a measure are not there.
  const train = ["--data", "colours", "--split", "train", "--workers", "0", "--out", "study"];
  const early = await ablate(...train);
  expect(early.exitCode).toBe(1);
  expect(early.stderr).toContain("`right` cannot be measured: there is no `colours`");
  expect(() => readStudyDocument(join(folder, "study"))).toThrow();

  await writeColours();
  writeLevels();
  const { exitCode, stderr } = await ablate(...train);
  expect(stderr).not.toMatch(/^error/m);
  expect(exitCode, stderr).toBe(0);
  const out = join(folder, "study");
  const { cells } = readStudyResults(out);
  const { folders } = readStudyDocument(out);
  const evaluate = async (run: string, width: string | undefined, ...more: readonly string[]) => {
    const found = await runWeft(
      [
        ...["eval", "sorter.weft", "--model", "Sorter", "--set", `D=${width}`, "--weights", run],
        ...[
          "--task",
          "linear_probe:labelled",
          "--device",
          driver,
          "--draws",
          "0",
          "--json",
          ...more,
        ],
      ],
      folder,
    );
    expect(found.exitCode, found.stderr).toBe(0);
    return JSON.parse(found.stdout).tasks[0];
  };
  const tops: (number | null | undefined)[] = [];
  for (const { cell, runs } of cells)
    for (const { seed, measures, pictures } of runs) {
      const run = join(out, "cells", folders[cell.identity] ?? "", `seed-${seed}`);
      const split = ["--data", "colours", "--split", "test"];
      const { numbers, items } = await evaluate(run, cell.values.D, ...split);
      expect(items).toBe(21);
      expect(measures["right.top1"]).toBe(numbers["top-1"]);
      expect(measures["right.mean_recall"]).toBe(numbers["mean recall per class"]);
      // Three classes have no first five.
      expect(measures["right.top5"]).toBeNull();
      expect(pictures.map((path) => path.split("/").slice(-2).join("/"))).toEqual([
        "right/confusion.png",
        "grey/confusion.png",
      ]);
      tops.push(measures["right.top1"]);
    }
  expect(tops).toHaveLength(4);
  // What is measured was learned, and is not the same number everywhere by itself.
  expect(Math.min(...tops.map(Number))).toBeGreaterThan(0.4);
  expect(new Set(tops).size).toBeGreaterThan(1);
  const [first] = cells;
  const [run] = first?.runs ?? [];
  const grey = await evaluate(
    join(out, "cells", folders[first?.cell.identity ?? ""] ?? "", `seed-${run?.seed}`),
    first?.cell.values.D,
    ...["--data", "levels", "--split", "test", "--limit", "4"],
  );
  expect(grey).toMatchObject({ items: 4, partial: true });
  expect(run?.measures["grey.top1"]).toBe(grey.numbers["top-1"]);

  const split = ["--task", "linear_probe:imagenet", "--data", "levels", "--split", "test"];
  const args = ["--model", "Sorter", "--weights", "random:1", ...split];
  const refused = await runWeft(["eval", "sorter.weft", ...args], folder);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain("it takes no --split");

  const report = await runWeft(["report", out, "--format", "md"], folder);
  expect(report.exitCode, report.stderr).toBe(0);
  const page = readFileSync(join(out, "report", "report.md"), "utf8");
  expect(page).toContain("right.top1");
});
