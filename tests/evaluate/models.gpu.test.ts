import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fault } from "../../runtime/faults.ts";
import { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { readSafetensors } from "../../runtime/weights/read-tensor.ts";
import { galleryMiniatures } from "../support/evaluate/gallery-miniatures.ts";
import { imagenetMiniatures } from "../support/evaluate/imagenet-miniatures.ts";
import { smallImages } from "../support/evaluate/images.ts";
import { sortedPlace } from "../support/evaluate/slow-metrics.ts";
import { textMiniatures, writeMiniature } from "../support/evaluate/text-miniatures.ts";
import { tinyModels } from "../support/models/tiny-models.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

process.env.WEFT_CACHE = join(folder, "cache");
const tokenizer = join(import.meta.dirname, "../../examples/tokenizer.model");
const tiny = tinyModels.find(({ model }) => model === "InternVL_14B");
const vocabulary = loadTokenizer(tokenizer).size;
const settings = Object.entries({ ...tiny?.set, "qllama.Vocab": vocabulary }).flatMap(
  ([path, value]) => ["--set", `${path}=${value}`],
);

let images: readonly Uint8Array[] = [];
beforeAll(async () => {
  images = await smallImages();
});

function evaluate(...args: readonly string[]) {
  return runWeft([
    ...["eval", "models/internvl/internvl.weft", "--model", "InternVL_14B", ...settings],
    ...["--weights", "random:3", "--tokenizer", tokenizer, "--device", driver, "--json"],
    ...["--draws", "20", ...args],
  ]);
}

function miniature(task: string): string {
  const found = textMiniatures.find((one) => one.task === task);
  if (found === undefined) throw new Error(`no miniature of ${task}`);
  const data = join(folder, task.replace(":", "-"));
  writeMiniature(found, data, (index) => images[index % images.length] ?? new Uint8Array());
  return data;
}

// One driver: what is tested here is what stands around the programs.
const driver = "lavapipe";

test(`captions on ${driver}: killed, gone on with, and the same`, async (context) => {
  const data = miniature("captioning:coco");
  const [whole, torn] = [join(folder, "whole"), join(folder, "torn")];
  const args = ["--task", "captioning:coco", "--data", data, "--limit", "3", "--beams", "1"];
  const first = await evaluate(...args, "--out", whole);
  if (first.stdout.includes("no-adapter")) {
    console.log(`skipped: there is no ${driver}`);
    return context.skip();
  }
  expect(first.exitCode, first.stderr + first.stdout).toBe(0);
  const { tasks } = JSON.parse(first.stdout);
  expect(tasks[0]).toMatchObject({ items: 3, units: 3, partial: true, missing: 0 });
  const table = readFileSync(join(whole, "table.md"), "utf8");
  expect(table).toContain("partial");
  // As a kill leaves it: a line, and a second that is torn; no scores.
  cpSync(whole, torn, { recursive: true });
  for (const name of ["table.md", "scores.json", "result.json"]) rmSync(join(torn, name));
  const path = join(torn, "predictions.jsonl");
  const text = readFileSync(path, "utf8");
  truncateSync(path, text.indexOf("\n") + 20);
  const again = await evaluate(...args, "--out", torn);
  expect(again.exitCode, again.stderr).toBe(0);
  for (const name of ["table.md", "result.json"])
    expect(readFileSync(join(torn, name), "utf8")).toBe(readFileSync(join(whole, name), "utf8"));
  const outputs = (lines: string) =>
    lines
      .trim()
      .split("\n")
      .map((line) => [JSON.parse(line).id, JSON.parse(line).output]);
  expect(outputs(readFileSync(path, "utf8"))).toEqual(outputs(text));
  const other = await evaluate(...args, "--out", torn, "--limit", "4");
  expect(other.exitCode).toBe(1);
  expect(other.stdout).toContain("run-changed");
}, 240_000);

test(`retrieval and zero-shot on ${driver}: as computed slowly from the embeddings`, async (context) => {
  const [gallery, classes] = [galleryMiniatures[1], imagenetMiniatures[0]];
  if (gallery === undefined || classes === undefined) throw new Error("no miniatures");
  const data = join(folder, "gallery");
  for (const one of [gallery, classes])
    writeMiniature(one, data, (index) => images[index % images.length] ?? new Uint8Array());
  const out = join(folder, "both");
  const names = ["retrieval:flickr30k", "zero_shot:imagenet"];
  const open = Session.create;
  const opened = vi.spyOn(Session, "create");
  // The second program is told that there is no room beside the first, which makes room and comes back later.
  const isFull = fault("out-of-memory", { during: "a test" });
  opened.mockImplementationOnce(open).mockRejectedValueOnce(isFull);
  const args = [...names.flatMap((name) => ["--task", name]), "--data", data, "--batch", "5"];
  const { exitCode, stdout, stderr } = await evaluate(...args, "--out", out);
  const modes = opened.mock.calls.map(([{ mode }]) => mode);
  opened.mockRestore();
  if (stdout.includes("no-adapter")) return context.skip();
  expect(exitCode, stderr + stdout).toBe(0);
  expect(modes).toEqual(["encode_image_c", "encode_text", "encode_text", "encode_image_c"]);
  const { tasks } = JSON.parse(stdout);
  const found = readSafetensors(join(out, "retrieval-flickr30k", "embeddings.safetensors"));
  const rows = (tensor: Tensor | undefined) => {
    const width = tensor?.shape[1] ?? 0;
    return Array.from({ length: tensor?.shape[0] ?? 0 }, (_, row) => {
      const values = [...(tensor?.data.subarray(row * width, (row + 1) * width) ?? [])];
      const length = Math.hypot(...values);
      return values.map((value) => value / length);
    });
  };
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  const [seen, read] = [rows(found.images), rows(found.texts)];
  expect([seen.length, read.length]).toEqual([12, 24]);
  const hits = read.filter((text, index) => {
    const scores = seen.map((image) => Math.fround(dot(text, image)));
    return sortedPlace(scores, Math.floor(index / 2)) <= 5;
  });
  expect(tasks[0].numbers["text to image R@5"]).toBe(Math.fround(hits.length / 24));
  const shot = readSafetensors(join(out, "zero_shot-imagenet", "embeddings.safetensors"));
  const directions = rows(shot.classes);
  const lines = readFileSync(join(out, "zero_shot-imagenet", "predictions.jsonl"), "utf8");
  const right = rows(shot.images).filter((image, index) => {
    const line = JSON.parse(lines.split("\n")[index] ?? "");
    const scores = directions.map((direction) => dot(image, direction));
    expect(scores.indexOf(Math.max(...scores))).toBe(line.output[0]);
    return line.id.startsWith(`n0${line.output[0]}/`);
  });
  expect(tasks[1].numbers["top-1"]).toBe(right.length / 12);
  // The pictures of both tasks are the same twelve, of four kinds; what is fitted otherwise is computed again.
  expect(stderr).toContain("retrieval:flickr30k: 4 images computed, 8 from the cache");
  // What was computed once is there; the second time no kernel runs.
  const again = await evaluate(...args, "--out", out);
  expect(JSON.parse(again.stdout).tasks).toEqual(tasks);
  const counts = again.stderr.match(/\d+ \w+ computed, \d+ from the cache/g);
  expect(counts).toEqual([
    "0 images computed, 12 from the cache",
    "0 texts computed, 24 from the cache",
    "0 texts computed, 18 from the cache",
    "0 images computed, 12 from the cache",
  ]);
}, 240_000);
