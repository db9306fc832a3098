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

test("what is about stages needs one", async () => {
  const { exitCode, stderr } = await runWeft(["inspect", file, "--lr", "3"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("`--lr` is about a stage, and none is named");
});
