import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { ShapeTimes } from "../../../compiler/api/studies/estimate/measure-shape.ts";
import { findStudyPlan } from "../../../compiler/api/studies/folder/study-plan.ts";
import { parseLauncher } from "../../../compiler/api/studies/launchers/parse-launcher.ts";
import { readStudyResults } from "../../../compiler/api/studies/read-study-results.ts";
import { type RunStudyOptions, runStudy } from "../../../compiler/api/studies/run-study.ts";
import type { Study } from "../../../compiler/api/studies/study.ts";
import type { WorkEvent } from "../../../compiler/api/studies/work/cell-work.ts";
import { fault } from "../../../runtime/faults.ts";
import { fakeCells } from "../../support/studies/fake-cells.ts";
import { makeCell, makeStudy, text } from "../../support/studies/make-study.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-study-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "line.weft");
writeFileSync(file, text);
let count = 0;
const newFolder = () => join(folder, `study-${count++}`);
const pace = { beatMs: 1000, silentMs: 5000, lookMs: 10 };

function run(
  study: Study,
  out: string,
  { train, measure }: ReturnType<typeof fakeCells>,
  more: Partial<RunStudyOptions> = {},
) {
  const fakes = { trainCell: train, measureCell: measure };
  return runStudy(study, { file, out, training: {}, pace, estimate: false, ...fakes, ...more });
}

const statesOf = (out: string) =>
  readStudyResults(out).cells.map(({ cell, isCurrent, runs }) =>
    [cell.name, ...(isCurrent ? [] : ["gone"]), ...runs.map(({ state }) => state)].join(" "),
  );

const [narrow, wide] = [makeCell("narrow"), makeCell("wide")];

describe("a study", () => {
  test("leaves a result for each cell and seed, and is not run again", async () => {
    const out = newFolder();
    const cells = fakeCells({ loss: (cell, seed, step) => cell.length + seed + 1 / step });
    const outcome = await run(makeStudy([narrow, wide]), out, cells);
    expect(outcome).toMatchObject({ isComplete: true, done: 4, failed: 0, left: 0 });
    expect(cells.runs).toEqual([
      "narrow/0 from 0",
      "wide/0 from 0",
      "narrow/1 from 0",
      "wide/1 from 0",
    ]);
    const { cells: found } = readStudyResults(out);
    const [first] = found[1]?.runs ?? [];
    expect(first).toMatchObject({
      seed: 0,
      state: "done",
      measures: { loss: 4 + 1 / 12, "probe.score": 0 },
      peakBytes: 4096,
      stepMs: 1000,
    });
    expect(first?.history.at(-1)).toEqual({
      step: 12,
      samples: 48,
      flops: 2400,
      minutes: 10 / 60,
      values: { loss: 4 + 1 / 12 },
    });
    const folderOf = readdirSync(join(out, "cells")).find((name) => name.startsWith("wide-"));
    expect(folderOf).toMatch(/^wide-[0-9a-f]{8}$/);
    const run0 = join(out, "cells", folderOf ?? "", "seed-0");
    expect(JSON.parse(readFileSync(join(run0, "measures.json"), "utf8")).measures).toEqual(
      first?.measures,
    );
    const again = fakeCells();
    await expect(run(makeStudy([narrow, wide]), out, again)).rejects.toThrow(
      "holds the study `widths`",
    );
    const outcome2 = await run(makeStudy([narrow, wide]), out, again, { resume: true });
    expect([outcome2.done, again.runs]).toEqual([4, []]);
  });

  test("knows cells by what they are: one that is renamed is done, one that is new is run, one that is gone stays apart", async () => {
    const out = newFolder();
    await run(makeStudy([narrow, wide]), out, fakeCells());
    const renamed = { ...wide, name: "broad" };
    const cells = fakeCells();
    const study = makeStudy([renamed, makeCell("deep")]);
    await run(study, out, cells, { resume: true });
    expect(cells.runs).toEqual(["deep/0 from 0", "deep/1 from 0"]);
    expect(statesOf(out)).toEqual(["broad done done", "deep done done", "narrow gone done done"]);
    // What comes back was never lost.
    const back = fakeCells();
    await run(makeStudy([narrow]), out, back, { resume: true });
    expect(back.runs).toEqual([]);
    expect(statesOf(out)).toEqual([
      "narrow done done",
      "broad gone done done",
      "deep gone done done",
    ]);
  });

  test("trains cells that resolve to the same once", async () => {
    const out = newFolder();
    const cells = fakeCells();
    await run(makeStudy([narrow, { ...narrow, name: "slim" }], { seeds: [3] }), out, cells);
    expect(cells.runs).toEqual(["narrow/3 from 0"]);
    expect(statesOf(out)).toEqual(["narrow done", "slim done"]);
    expect(findStudyPlan(out)?.shared.at(-1)).toContain("`slim` is `narrow`");
  });

  test("takes the same cells on other data for other work", async () => {
    const out = newFolder();
    const batches = join(folder, "batches");
    writeFileSync(batches, "one");
    await run(makeStudy([narrow], { seeds: [0] }), out, fakeCells(), { training: { batches } });
    writeFileSync(batches, "other");
    const cells = fakeCells();
    const more = { training: { batches }, resume: true };
    await run(makeStudy([narrow], { seeds: [0] }), out, cells, more);
    expect(cells.runs).toEqual(["narrow/0 from 0"]);
    expect(statesOf(out)).toEqual(["narrow done", "narrow gone done"]);
  });

  test("goes on where a cell fails, and tries it again where that is asked for", async () => {
    const out = newFolder();
    const onStep = (cell: string, seed: number, step: number) => {
      if (cell === "narrow" && seed === 1 && step === 7)
        throw fault("loss-not-finite", { step, name: "loss", value: Number.NaN });
    };
    const outcome = await run(makeStudy([narrow, wide]), out, fakeCells({ onStep }));
    expect(outcome).toMatchObject({ isComplete: false, done: 3, failed: 1, left: 0 });
    expect(outcome.failures).toMatchObject([{ cell: "narrow", seed: 1 }]);
    expect(readStudyResults(out).cells[0]?.runs[1]?.reason).toContain("7");
    const idle = fakeCells();
    await run(makeStudy([narrow, wide]), out, idle, { resume: true });
    expect(idle.runs).toEqual([]);
    const retried = fakeCells();
    const more = { resume: true, retryFailed: true };
    const then = await run(makeStudy([narrow, wide]), out, retried, more);
    expect([then.isComplete, retried.runs]).toEqual([true, ["narrow/1 from 0"]]);
  });

  test("whose time is over in the middle leaves a checkpoint and goes on from it", async () => {
    const out = newFolder();
    const stop = { aborted: false };
    const onStep = (cell: string, _: number, step: number) => {
      if (cell === "wide" && step === 5) stop.aborted = true;
    };
    const events: WorkEvent[] = [];
    const outcome = await run(makeStudy([narrow, wide]), out, fakeCells({ onStep }), {
      signal: stop,
      onEvent: (event) => events.push(event),
    });
    expect(outcome).toMatchObject({ isComplete: false, done: 1, failed: 0, left: 3 });
    expect(events.at(-1)).toMatchObject({ kind: "left", cell: "wide", seed: 0 });
    const cells = fakeCells();
    const then = await run(makeStudy([narrow, wide]), out, cells, { resume: true });
    expect(then.isComplete).toBe(true);
    expect(cells.runs[0]).toBe("wide/0 from 5");
    const none = await run(makeStudy([narrow]), newFolder(), fakeCells(), { budgetMs: 0 });
    expect(none).toMatchObject({ isComplete: false, done: 0, failed: 0, left: 2 });
  });

  test("of which one cell is asked for runs that, by name, hash and seed", async () => {
    const out = newFolder();
    const study = makeStudy([narrow, wide]);
    const cells = fakeCells();
    await run(study, out, cells, { only: "wide/1" });
    await run(study, out, cells, { only: wide.identity.slice(0, 8), resume: true });
    expect(cells.runs).toEqual(["wide/1 from 0", "wide/0 from 0"]);
    const unknown = run(study, out, cells, { only: "tall", resume: true });
    await expect(unknown).rejects.toThrow("the study has no cell `tall`");
  });

  test("of one cell and one seed is one", async () => {
    const outcome = await run(makeStudy([narrow], { seeds: [7] }), newFolder(), fakeCells());
    expect(outcome).toMatchObject({ isComplete: true, done: 1 });
  });

  test("of another experiment is left alone, and so is a folder of something else", async () => {
    const out = newFolder();
    await run(makeStudy([narrow]), out, fakeCells());
    const other = run(makeStudy([narrow], { name: "depths" }), out, fakeCells(), { resume: true });
    await expect(other).rejects.toThrow("holds the study `widths`, not `depths`");
    writeFileSync(join(out, "study.json"), "{}");
    expect(() => readStudyResults(out)).toThrow("another form");
    expect(() => readStudyResults(folder)).toThrow("it has no study.json");
  });
});

describe("a study for minutes", () => {
  const times = (median: number): ShapeTimes => ({
    device: "none",
    openMs: 100,
    stepMs: { median, least: median, most: 2 * median },
    checkpointMs: 10,
    measureMs: 0,
    steps: 12,
  });

  test("has the steps that were measured, and ends before them where its minutes are over", async () => {
    const out = newFolder();
    const study = makeStudy(
      [
        { ...narrow, steps: undefined },
        { ...wide, steps: undefined },
      ],
      {
        run: { kind: "minutes", amount: 0.099 },
        seeds: [0],
      },
    );
    const shapes: string[] = [];
    // `wide` takes as long as `narrow` by its counts, and is not measured again.
    const measureShape = async (_: string, __: unknown, cell: { readonly name: string }) => {
      shapes.push(cell.name);
      return times(500);
    };
    const cells = fakeCells();
    const outcome = await run(study, out, cells, { measureShape });
    expect(shapes).toEqual(["narrow"]);
    expect(outcome.isComplete).toBe(true);
    const plan = findStudyPlan(out);
    expect(plan?.cells[narrow.identity]?.steps).toBe(11);
    // Steps that were thought to take half a second take one: after six seconds, two to warm up before, it is over.
    expect(readStudyResults(out).cells.map(({ runs }) => runs[0]?.history.at(-1)?.step)).toEqual([
      8, 8,
    ]);
    const frozen = { measureShape: async () => times(1), resume: true };
    await run({ ...study, seeds: [0, 1] }, out, cells, frozen);
    expect(findStudyPlan(out)?.cells[narrow.identity]?.steps).toBe(11);
  });

  test("is estimated: steps, opening and checkpoints of all runs that are left", async () => {
    const out = newFolder();
    const measureShape = async () => times(50);
    let told = 0;
    await run(makeStudy([narrow, wide]), out, fakeCells(), {
      measureShape,
      estimate: true,
      onPlan: (_, plan) => {
        told = plan.totalMs?.median ?? 0;
        expect(plan.totalMs?.most).toBe(4 * (100 + 10 + 12 * 100));
      },
    });
    expect(told).toBe(4 * (100 + 10 + 12 * 50));
  });
});

describe("launchers", () => {
  test("are read without a shell", () => {
    expect(parseLauncher("local")).toEqual({ kind: "local" });
    expect(parseLauncher("slurm")).toEqual({ kind: "slurm" });
    const words = ["ssh", "box", "weft ablate-worker", "{dir}", "$HOME;x"];
    expect(parseLauncher(`command ssh box 'weft ablate-worker' {dir} "$HOME;x"`)).toEqual({
      kind: "command",
      words,
    });
    expect(parseLauncher(`command "srun weft {dir}"`)).toEqual({
      kind: "command",
      words: ["srun", "weft", "{dir}"],
    });
    expect(() => parseLauncher("cloud")).toThrow("`--launcher` was given as `cloud`");
    expect(() => parseLauncher("command ")).toThrow("`--launcher`");
  });

  test("by a command fill in folder and number for each worker, and what fails is told", async () => {
    const out = newFolder();
    const write =
      "require('node:fs').writeFileSync(process.argv[1] + '/by-' + process.argv[2], '')";
    const words = [process.execPath, "-e", write, "{dir}", "{index}"];
    const launcher = { kind: "command", words } as const;
    const outcome = await run(makeStudy([narrow]), out, fakeCells(), { launcher, jobs: 2 });
    expect(outcome).toMatchObject({ isComplete: false, left: 2 });
    expect([0, 1].map((n) => existsSync(join(out, `by-${n}`)))).toEqual([true, true]);
    const missing = { kind: "command", words: [join(folder, "no-such-program")] } as const;
    const failing = run(makeStudy([narrow]), out, fakeCells(), { launcher: missing, resume: true });
    await expect(failing).rejects.toThrow("has started no worker");
  });
});
