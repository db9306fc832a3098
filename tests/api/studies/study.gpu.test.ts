import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findStudyPlan } from "../../../compiler/api/studies/folder/study-plan.ts";
import { readStudyResults } from "../../../compiler/api/studies/read-study-results.ts";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";
import { type RunStudyOptions, runStudy } from "../../../compiler/api/studies/run-study.ts";
import type { Study } from "../../../compiler/api/studies/study.ts";
import { readSafetensors } from "../../../runtime/weights/read-tensor.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { steadyMetrics } from "../../support/runs/steady-metrics.ts";
import { writeSmallStudy } from "../../support/studies/small-study.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-study-gpu-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { file, batches } = writeSmallStudy(folder);
const pace = { beatMs: 1000, silentMs: 20_000, lookMs: 50 };

// Each run compiles; a busy machine takes its time.
vi.setConfig({ testTimeout: 400_000 });

let isHere = false;
beforeAll(async () => {
  const device = await openTestDevice("lavapipe");
  isHere = device !== undefined;
  device?.dispose();
});

function resolved(): Study {
  const { study, diagnostics } = resolveStudy(file, "widths");
  expect(diagnostics).toEqual([]);
  if (study === undefined) throw new Error("no study");
  return study;
}

function run(out: string, study: Study, more: Partial<RunStudyOptions> = {}) {
  const training = { batches, device: "lavapipe" };
  return runStudy(study, {
    file,
    out: join(folder, out),
    training,
    pace,
    estimate: false,
    ...more,
  });
}

/** The folders of runs by `cell/seed`. */
function runsIn(out: string): ReadonlyMap<string, string> {
  const cells = join(folder, out, "cells");
  return new Map(
    readdirSync(cells).flatMap((cell) =>
      [0, 1].map((seed) => [
        `${cell.replace(/-[0-9a-f]{8}$/, "")}/${seed}`,
        join(cells, cell, `seed-${seed}`),
      ]),
    ),
  );
}

const tables = (out: string) =>
  readStudyResults(join(folder, out)).cells.map(({ cell, runs }) => [
    cell.name,
    runs.map(({ state, measures, peakBytes }) => ({ state, measures, peakBytes })),
  ]);

describe("a study on lavapipe", () => {
  test("is trained cell by cell, and broken off in the middle ends with the same bits", async (context) => {
    if (!isHere) return context.skip();
    const study = resolved();
    expect(await run("whole", study)).toMatchObject({ isComplete: true, done: 4 });
    const stop = { aborted: false };
    let steps = 0;
    await run("cut", study, {
      signal: stop,
      onEvent: (event) => {
        if (event.kind === "training" && event.event.kind === "step") steps += 1;
        // In the middle of the second run.
        if (steps >= 14) stop.aborted = true;
      },
    });
    const rest = await run("cut", study, { resume: true });
    expect(rest).toMatchObject({ isComplete: true, done: 4 });
    expect(tables("cut")).toEqual(tables("whole"));
    const cut = runsIn("cut");
    for (const [name, whole] of runsIn("whole")) {
      const other = cut.get(name) ?? "";
      expect(steadyMetrics(other)).toEqual(steadyMetrics(whole));
      const weights = (at: string) =>
        readFileSync(join(at, "checkpoints", "step-12", "weights.safetensors"));
      expect(weights(other)).toEqual(weights(whole));
    }
  });

  test("has equal first weights where shapes are equal, and other ones for another seed", async (context) => {
    if (!isHere) return context.skip();
    // A step that changes nothing leaves them to be read.
    const frozen = readFileSync(file, "utf8").replace("lr 0.01", "lr 0.0");
    const still = { text: frozen, path: "still.weft" };
    const { study } = resolveStudy(still, "widths");
    if (study === undefined) throw new Error("no study");
    const cells = study.cells.map((cell) => ({ ...cell, steps: 1 }));
    await run("still", { ...study, cells }, { file: still });
    const weights = new Map(
      [...runsIn("still")].map(([name, at]) => [
        name,
        readSafetensors(join(at, "checkpoints", "step-1", "weights.safetensors")),
      ]),
    );
    const of = (name: string, key: string) => weights.get(name)?.[key]?.data;
    expect(of("Hidden=4/0", "beside.weight")).toBeDefined();
    expect(of("Hidden=4/0", "beside.weight")).toEqual(of("Hidden=16/0", "beside.weight"));
    expect(of("Hidden=4/0", "beside.weight")).not.toEqual(of("Hidden=4/1", "beside.weight"));
    expect(findStudyPlan(join(folder, "still"))?.shared[0]).toContain("equal weights");
  });

  test("is measured before it runs: what it takes to open, to step and to save", async (context) => {
    if (!isHere) return context.skip();
    const study = resolved();
    await run("planned", study, { estimate: true, budgetMs: 0 });
    const plan = findStudyPlan(join(folder, "planned"));
    expect(plan?.device).toContain("llvmpipe");
    for (const { estimate } of Object.values(plan?.cells ?? {})) {
      expect(estimate?.steps).toBe(12);
      expect(estimate?.checkpoints).toBe(1);
      const { least = 0, median = 0, most = 0 } = estimate?.stepMs ?? {};
      expect(least).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(least);
      expect(most).toBeGreaterThanOrEqual(median);
      const { openMs = 0, checkpointMs = 0, measureMs = 0 } = estimate ?? {};
      const rest = openMs + checkpointMs + measureMs;
      expect(estimate?.runMs.median).toBeCloseTo(rest + 12 * median, 6);
    }
    expect(readdirSync(join(folder, "planned")).filter((name) => name.startsWith("."))).toEqual([]);
  });
});
