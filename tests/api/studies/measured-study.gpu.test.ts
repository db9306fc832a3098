import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { readStudyDocument } from "../../../compiler/api/studies/folder/study-document.ts";
import type { StudyPlan } from "../../../compiler/api/studies/folder/study-plan.ts";
import { readStudyResults } from "../../../compiler/api/studies/read-study-results.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const text = resolve("tests", "support", "studies", "measured.weft");
const colours = ["red", "green", "blue", "white", "black", "yellow"];

test("the cells of a study are measured by what they find, and what that takes is estimated", {
  timeout: 600_000,
}, async (context) => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return context.skip();
  device.dispose();
  const folder = mkdtempSync(join(tmpdir(), "weft-measured-"));
  const data = join(folder, "pictures");
  mkdirSync(data);
  for (const colour of colours) {
    const create = { width: 40, height: 40, channels: 3, background: colour } as const;
    writeFileSync(join(data, `${colour}.png`), await sharp({ create }).png().toBuffer());
  }
  const lines = colours.map((colour) =>
    JSON.stringify({ image: `${colour}.png`, text: { en: `a ${colour} square` } }),
  );
  writeFileSync(join(data, "captions.jsonl"), `${lines.join("\n")}\n`);
  const args = ["ablate", text, "--experiment", "measured", "--data", data, "--out", "study"];
  const told = ["--tokenizer", resolve("examples", "tokenizer.model"), "--device", "lavapipe"];
  const { exitCode, stderr } = await runWeft([...args, ...told], folder);
  expect(stderr).not.toMatch(/^error/m);
  expect(exitCode).toBe(0);
  const out = join(folder, "study");
  const { cells } = readStudyResults(out);
  const { folders } = readStudyDocument(out);
  expect(cells).toHaveLength(2);
  for (const { cell, runs } of cells) {
    const [run] = runs;
    const weights = join(out, "cells", folders[cell.identity] ?? "", "seed-0");
    const depth = `vision_model.depth=${cell.values["vision_model.depth"]}`;
    const evaluated = await runWeft(
      [
        ...["eval", text, "--model", "Pairs", "--set", depth, "--set", "Vocab=600", ...told],
        ...["--weights", weights, "--task", "retrieval:captioned", "--data", data],
        ...["--batch", "64", "--draws", "0", "--json"],
      ],
      folder,
    );
    expect(evaluated.exitCode, evaluated.stderr).toBe(0);
    const { numbers } = JSON.parse(evaluated.stdout).tasks[0];
    expect(run?.measures["found.text_r1"]).toBe(numbers["image to text R@1"]);
    expect(run?.measures["found.image_r1"]).toBe(numbers["text to image R@1"]);
    expect(run?.measures["found.mean"]).toBe(numbers.mean);
    // Of two pictures the other one is the second.
    expect(run?.measures["few.image_r5"]).toBe(1);
    expect(run?.measures["held.loss"]).toBeGreaterThan(0);
    // Six pictures: whatever was learned, all are among the first ten.
    expect(run?.measures["found.image_r10"]).toBe(1);
    const first = run?.measures["found.text_r1"] ?? Number.NaN;
    expect(first * colours.length).toBeCloseTo(Math.round(first * colours.length), 9);
  }
  const plan: StudyPlan = JSON.parse(readFileSync(join(out, "plan.json"), "utf8"));
  const planned = Object.values(plan.cells);
  expect(planned).toHaveLength(2);
  for (const { estimate } of planned) expect(estimate?.measureMs).toBeGreaterThan(0);
  rmSync(folder, { recursive: true, force: true });
});
