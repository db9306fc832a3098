import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writeTraining } from "../support/runs/training-text.ts";
import { type CommandResult, runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-inspect-stage-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { file } = writeTraining(folder);
const epochs = join(folder, "epochs.weft");
const atOnce = join(folder, "at-once.weft");
writeFileSync(atOnce, readFileSync(file, "utf8").replace("batch 4 by 1", "batch 4"));
writeFileSync(epochs, readFileSync(file, "utf8").replace("steps 12", "epochs 3"));

function inspect(path: string, ...more: readonly string[]): Promise<CommandResult> {
  return runWeft(["inspect", path, "--stage", "fit", ...more]);
}

test("rates by line and layer at some steps, and FLOPs of all of them", async () => {
  const { exitCode, stdout, stderr } = await inspect(file, "--lr", "0,1,2,7,12", "--json");
  expect(exitCode, stderr).toBe(0);
  const { rates, trainingSteps, flopsOf } = JSON.parse(stdout);
  expect(rates).toMatchObject([{ selector: "everything else", part: "", tensors: 4, lr: 0.01 }]);
  const factors = [0, 0.5, 1, 0.5, 0];
  for (const [n, { step, lr }] of rates[0].at.entries()) {
    expect(step).toBe([0, 1, 2, 7, 12][n]);
    expect(lr).toBeCloseTo(0.01 * (factors[n] ?? 1), 9);
  }
  expect(trainingSteps).toBe(12);
  expect(flopsOf.all).toBe(12 * flopsOf.step);
  const shown = await inspect(file, "--lr", "0,7");
  expect(shown.stdout).toMatch(/^everything else +4 +0 +0\.005$/m);
  expect(shown.stdout).toMatch(/ in 12 steps$/m);
});

test("epochs are a number of steps where it is said", async () => {
  const unsaid = await inspect(epochs);
  expect(unsaid.stdout).toContain("and 3 epochs are as many steps as the data has");
  const unknown = await inspect(epochs, "--lr", "0");
  expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("steps-unknown") });
  const said = await inspect(epochs, "--lr", "7", "--steps", "12", "--json");
  expect(JSON.parse(said.stdout).rates[0].at[0].lr).toBeCloseTo(0.005, 9);
});

test("a batch in pieces: what one costs, and what a step of them does", async () => {
  const one = await inspect(file, "--json");
  expect(one.exitCode, one.stderr).toBe(0);
  const piece = JSON.parse(one.stdout);
  expect(piece.pieces).toEqual({ count: 4, samples: 1, planned: "piece" });
  expect(piece.dispatchesOf).toEqual({ piece: piece.dispatches, step: 4 * piece.dispatches });
  expect(piece.flopsOf.step).toBe(4 * piece.flopsOf.piece);
  const both = await inspect(file, "--batch", "4", "--json");
  expect(both.exitCode, both.stderr).toBe(0);
  const step = JSON.parse(both.stdout);
  expect(step.pieces).toEqual({ count: 4, samples: 1, planned: "step", submits: 1 });
  // What is done once for the batch is no part of a piece.
  const { piece: each, step: all } = step.dispatchesOf;
  expect(all - 4 * each).toBeGreaterThanOrEqual(0);
  expect(step.dispatches).toBe(all - 3 * each);
  expect(step.flopsOf.step).toBeGreaterThanOrEqual(4 * step.flopsOf.piece);
  const shown = (await inspect(file)).stdout;
  expect(shown).toMatch(
    /^ {2}a piece of 1: \d+ dispatches, .* FLOP; the program is planned for one$/m,
  );
  expect(shown).toMatch(
    /^ {2}a step of 4 pieces: .* FLOP, without the optimizer, .* in 12 steps$/m,
  );
  const planned = (await inspect(file, "--batch", "4")).stdout;
  expect(planned).toMatch(/^ {2}a step of 4 pieces: 1 submit, \d+ dispatches, .* in 12 steps$/m);
  const single = (await inspect(atOnce)).stdout;
  expect(single).toMatch(/^ {2}a step: 1 submit, \d+ dispatches, .* in 12 steps$/m);
});

test("what is about stages needs one", async () => {
  const { exitCode, stderr } = await runWeft(["inspect", file, "--lr", "3"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("`--lr` is about a stage, and none is named");
});
