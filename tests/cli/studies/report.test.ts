import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStudy } from "../../../compiler/api/studies/folder/open-study.ts";
import { workOnStudy } from "../../../compiler/api/studies/work/work-on-study.ts";
import { fakeCells } from "../../support/studies/fake-cells.ts";
import { makeCell, makeStudy, text } from "../../support/studies/make-study.ts";
import { runWeft } from "../../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A study of two cells, whose runs leave the losses that they are given; the last run of it is not begun. */
async function leaveStudy(out: string, losses: Readonly<Record<string, number>>): Promise<void> {
  const cells = [makeCell("narrow"), makeCell("wide", { baseline: "narrow" })];
  const pace = { beatMs: 200, silentMs: 3_000, lookMs: 100 };
  const opening = { file: join(folder, "line.weft"), training: {}, resume: false, pace };
  await openStudy(join(folder, out), makeStudy(cells), opening);
  const { train, measure } = fakeCells({
    loss: (cell, seed) => (losses[cell] ?? 0) + seed / 8,
  });
  let ended = 0;
  const signal = {
    get aborted() {
      return ended === 3;
    },
  };
  for await (const { kind } of workOnStudy(join(folder, out), { train, measure, signal }))
    if (kind === "done") ended += 1;
  expect(ended).toBe(3);
}

beforeAll(async () => {
  writeFileSync(join(folder, "line.weft"), text);
  await leaveStudy("first", { narrow: 2, wide: 1 });
  await leaveStudy("second", { narrow: 2, wide: 1.5 });
});

const read = (...path: readonly string[]): string => readFileSync(join(folder, ...path), "utf8");

test("a study that still runs is told with what it has", async () => {
  const { exitCode, stdout, stderr } = await runWeft(["report", "first"], folder);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/^loss\n/);
  for (const name of ["report.html", "report.md", "report.tex", "report.json", "cells.csv"])
    expect(stdout).toContain(`report first/report/${name}\n`);
  const page = read("first", "report", "report.md");
  expect(page).toContain("- runs: 3 done, 1 waiting");
  // Seeds 0 and 1 of the first cell.
  expect(read("first", "report", "runs.csv")).toMatch(/^narrow,1,done,,2\.125,1$/m);
  expect(page).toMatch(/\| narrow \|.* 2\.06\d* ± 0\.79/);
  expect(readdirSync(join(folder, "first", "report", "figures"))).toContain("curves-loss.svg");
}, 240_000);

test("only the formats that are asked for, where they are asked for", async () => {
  const asked = ["report", "first", "--format", "csv,md", "--out", "paper", "--json"];
  const { exitCode, stdout, stderr } = await runWeft(asked, folder);
  expect(exitCode, stderr).toBe(0);
  const { files, metrics } = JSON.parse(stdout) as {
    readonly files: readonly string[];
    readonly metrics: readonly { readonly name: string }[];
  };
  expect(metrics.map(({ name }) => name)).toContain("loss");
  expect(files.filter((path) => !path.includes("figures")).toSorted()).toEqual(
    ["cells.csv", "report.md", "runs.csv", "times.csv", "times.md"].map((one) => `paper/${one}`),
  );
  expect(readdirSync(join(folder, "paper"))).not.toContain("report.html");
}, 240_000);

test("two studies are told apart", async () => {
  const { exitCode, stdout, stderr } = await runWeft(
    ["report", "first", "second", "--format", "md"],
    folder,
  );
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain("first/report/against-second/");
  const page = read("first", "report", "against-second", "report.md");
  expect(page).toMatch(/wide.*\+0\.5/);
}, 240_000);

test("what is no study and no format is told", async () => {
  const format = await runWeft(["report", "first", "--format", "pdf"], folder);
  expect(format.exitCode).toBe(2);
  expect(format.stderr).toContain("error[bad-option]: there is no format `pdf`");
  const other = await runWeft(["report", "first", "nowhere"], folder);
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain("`nowhere` is none: it has no study.json");
});
