import { expect, test } from "vitest";
import type { Figure, Frame } from "../../../compiler/api/studies/reports/figures/figure.ts";
import { studyReport } from "../../../compiler/api/studies/reports/study-report.ts";
import type { StudyResults } from "../../../compiler/api/studies/study-results.ts";
import { sampleStudy, withRuns } from "../../support/studies/sample-study.ts";

/** Three cases, of which one sets the depth and one two norms, each for every value of `width`. */
function ofCases(
  columns: readonly string[] = ["params", "loss"],
  width: readonly number[] = [8],
): StudyResults {
  const results = sampleStudy({
    dimensions: { case: ["plain", "deeper", "rms"], ...(width.length > 1 && { width }) },
    seeds: 3,
    steps: 20,
    baseline: "case=plain",
    reports: [
      { kind: "table", columns },
      { kind: "plot", column: "loss", over: "macs", by: undefined },
    ],
  });
  const extra: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    deeper: { depth: "2" },
    rms: { norm1: "RmsNorm<D>()", norm2: "RmsNorm<D>()" },
  };
  const cells = results.cells.map((one) => {
    const own = extra[one.cell.values.case ?? ""] ?? {};
    const values = {
      ...{ depth: "default", norm1: "default", norm2: "default" },
      ...one.cell.values,
      ...own,
    };
    return { ...one, cell: { ...one.cell, values } };
  });
  const dimensions = [...results.study.dimensions, "depth", "norm1", "norm2"];
  return {
    ...results,
    study: { ...results.study, dimensions, cells: cells.map(({ cell }) => cell) },
    cells,
  };
}

const frame: Frame = { width: "page", panel: 600, columns: 1, isSketch: false };
const titlesOf = (results: StudyResults): readonly string[] =>
  studyReport(results).cells.columns.map(({ title }) => title);
const lossFigures = (results: StudyResults): readonly Figure[] =>
  studyReport(results).metrics.find(({ name }) => name === "loss")?.figures ?? [];
const idsOf = (figures: readonly Figure[]): readonly string[] => figures.map(({ id }) => id);

test("what follows from a cell's case is no column and no factor of its own", () => {
  expect(titlesOf(ofCases())).toEqual(["case", "params", "loss \u2193"]);
  // Not a map of boxes of which most are empty, nor lines through axes that say the same.
  expect(idsOf(lossFigures(ofCases()))).toEqual(["loss-over-macs", "loss-differences"]);
});

test("what varies beside the cases, and what a table asks for, is there", () => {
  const wide = ofCases(undefined, [8, 16]);
  expect(titlesOf(wide)).toEqual(["case", "width", "params", "loss \u2193"]);
  expect(idsOf(lossFigures(wide))).toContain("loss-by-factors");
  expect(titlesOf(ofCases(["depth", "loss"]))).toEqual(["case", "depth", "loss \u2193"]);
});

test("few cells are named in the figure of a metric over its cost", () => {
  const [figure] = lossFigures(ofCases());
  const drawn = JSON.stringify(figure?.views[0]?.draw(frame));
  for (const name of ["case=plain", "case=deeper", "case=rms"])
    expect(drawn).toContain(`"series":"${name}"`);
  expect(drawn).toContain('"domain":["case=plain","case=deeper","case=rms"]');
});

test("what was measured at the end alone is no curve", () => {
  const results = withRuns(ofCases(), (run) => ({
    ...run,
    history: run.history.map((point, at) => ({
      ...point,
      values: {
        ...point.values,
        ...(at === run.history.length - 1 && { held_out: 1 }),
        ...(at % 5 === 4 && { watched: at }),
      },
    })),
  }));
  expect(idsOf(studyReport(results).curves)).toEqual([
    "curves-loss",
    "curves-accuracy",
    "curves-watched",
  ]);
});
