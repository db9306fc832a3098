import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { smallImages } from "../support/evaluate/images.ts";
import { textMiniatures, writeMiniature } from "../support/evaluate/text-miniatures.ts";
import { tinyModels } from "../support/models/tiny-models.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
