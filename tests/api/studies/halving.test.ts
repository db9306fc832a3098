import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readStudyResults } from "../../../compiler/api/studies/read-study-results.ts";
import { runStudy } from "../../../compiler/api/studies/run-study.ts";
import type { Study } from "../../../compiler/api/studies/study.ts";
import { fakeCells } from "../../support/studies/fake-cells.ts";
import { makeCell, makeStudy, text } from "../../support/studies/make-study.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-halving-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "line.weft");
writeFileSync(file, text);
let count = 0;
const newFolder = () => join(folder, `study-${count++}`);

function run(study: Study, out: string, { train, measure }: ReturnType<typeof fakeCells>) {
  const pace = { beatMs: 1000, silentMs: 5000, lookMs: 10 };
  const fakes = { trainCell: train, measureCell: measure };
  return runStudy(study, { file, out, training: {}, pace, estimate: false, ...fakes });
}

const statesOf = (out: string) =>
  readStudyResults(out).cells.map(({ cell, runs }) =>
    [cell.name, ...runs.map(({ state }) => state)].join(" "),
  );

describe("successive halving", () => {
  test("stops the worse cells at each rung, by the mean over seeds, and says so", async () => {
    const out = newFolder();
    // The order changes after the first rung: who is stopped there is not asked any more.
    const loss = (cell: string, _: number, step: number) => Number(cell) * (step > 3 ? -1 : 1);
    const cells = fakeCells({ loss });
    const study = makeStudy(
      ["4", "1", "3", "2"].map((name) => makeCell(name)),
      {
        halving: { by: 2, from: 3, on: "loss" },
      },
    );
    const outcome = await run(study, out, cells);
    expect(outcome).toMatchObject({ isComplete: true, done: 2, stopped: 6 });
    expect(statesOf(out)).toEqual([
      "4 stopped stopped",
      "1 stopped stopped",
      "3 stopped stopped",
      "2 done done",
    ]);
    const [four, one] = readStudyResults(out).cells;
    expect(four?.runs[0]?.reason).toBe("stopped after 3 steps: by `loss` 2 cells were better");
    expect(four?.runs[0]?.history).toHaveLength(3);
    expect(one?.runs[0]?.reason).toBe("stopped after 6 steps: by `loss` 1 cells were better");
    expect(cells.runs.filter((name) => name.startsWith("2/0"))).toEqual([
      "2/0 from 0",
      "2/0 from 3",
      "2/0 from 6",
    ]);
  });

  test("by a measure asks for it at each rung, and keeps what is better by its direction", async () => {
    const out = newFolder();
    // By the loss it would be the other way round.
    const cells = fakeCells({ loss: Number, score: Number });
    const study = makeStudy(
      ["4", "1", "3", "2"].map((name) => makeCell(name)),
      { halving: { by: 2, from: 3, on: "probe.score" }, seeds: [0] },
    );
    await run(study, out, cells);
    expect(statesOf(out)).toEqual(["4 done", "1 stopped", "3 stopped", "2 stopped"]);
    expect(cells.measured.toSorted()).toEqual([
      "1/0 probe",
      "2/0 probe",
      ...["3/0 probe", "3/0 probe"],
      ...["4/0 all", "4/0 probe", "4/0 probe"],
    ]);
  });
});
