import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type RunStudyOptions, runStudy } from "../../../compiler/api/studies/run-study.ts";
import { fakeCells } from "../../support/studies/fake-cells.ts";
import { makeCell, makeStudy, text } from "../../support/studies/make-study.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-study-estimate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "line.weft");
writeFileSync(file, text);

const narrow = makeCell("narrow");
const wide = makeCell("wide", { cost: { ...narrow.cost, macsPerStep: 200 } });
const [openMs, stepMs, checkpointMs] = [100, 50, 10];
const runMs = openMs + 12 * stepMs + checkpointMs;

/** The cells that are measured, and the time that is told. */
async function planOf(out: string, run: object, only?: string) {
  const measured: string[] = [];
  let told: number | undefined;
  const { train, measure } = fakeCells();
  const options: RunStudyOptions = {
    ...{ file, out, only, training: {}, resume: true, trainCell: train, measureCell: measure },
    measureShape: async (_, __, { name }) => {
      measured.push(name);
      const times = { median: stepMs, least: stepMs, most: stepMs };
      return { openMs, stepMs: times, checkpointMs, measureMs: 0, steps: 12, device: "none" };
    },
    onPlan: (_, plan) => {
      told = plan.totalMs?.median;
    },
  };
  await runStudy(makeStudy([narrow, wide], run), options);
  return { measured, told };
}

test("what is chosen is measured and estimated, and the rest when it is run", async () => {
  const out = join(folder, "steps");
  expect(await planOf(out, {}, "wide/1")).toEqual({ measured: ["wide"], told: runMs });
  expect(await planOf(out, {})).toEqual({ measured: ["narrow"], told: 3 * runMs });
});

test("of cells that run for minutes all are measured: whoever takes the rest goes by their steps", async () => {
  const minutes = { run: { kind: "minutes", amount: 0.01 } };
  const { measured } = await planOf(join(folder, "minutes"), minutes, "wide/1");
  expect(measured).toEqual(["narrow", "wide"]);
});
