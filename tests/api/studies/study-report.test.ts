import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { comparisonReport } from "../../../compiler/api/studies/reports/compared/comparison-report.ts";
import { compareStudies } from "../../../compiler/api/studies/reports/compared/study-comparison.ts";
import { curveOf } from "../../../compiler/api/studies/reports/figures/curve.ts";
import { formatMean, formatNumber } from "../../../compiler/api/studies/reports/format-number.ts";
import { shortPaths } from "../../../compiler/api/studies/reports/short-paths.ts";
import { studyReport } from "../../../compiler/api/studies/reports/study-report.ts";
import { writeReport } from "../../../compiler/api/studies/reports/write-report.ts";
import { cellsCsv, runsCsv } from "../../../compiler/api/studies/reports/written/csv.ts";
import { jsonReport } from "../../../compiler/api/studies/reports/written/json.ts";
import { latexReport, latexText } from "../../../compiler/api/studies/reports/written/latex.ts";
import { markdownReport } from "../../../compiler/api/studies/reports/written/markdown.ts";
import type { StudyResults } from "../../../compiler/api/studies/study-results.ts";
import { sampleStudy, withRuns } from "../../support/studies/sample-study.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-study-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const four = (seeds: number, more: object = {}): StudyResults =>
  sampleStudy({
    dimensions: { "glue.cross_every": [1, 2, 4, 8] },
    seeds,
    steps: 30,
    baseline: "cross_every=1",
    ...more,
  });

/** As a study is whose runs took other times, which is all that may differ when it is run again. */
const atOtherTimes = (results: StudyResults): StudyResults => ({
  ...withRuns(results, (run) => ({
    ...run,
    stepMs: 3 * (run.stepMs ?? 0) + 1,
    history: run.history.map((point) => ({ ...point, minutes: 2 * point.minutes + 1 })),
    peakBytes: 7,
  })),
  device: "another device",
});

describe("what a report says", () => {
  const findings = (results: StudyResults, metric = "loss") =>
    studyReport(results)
      .metrics.find(({ name }) => name === metric)
      ?.findings.join("\n") ?? "";

  test("24 cells of 3 seeds: no ranking, and how many seeds would give one", () => {
    const results = sampleStudy({
      dimensions: { "vision.depth": [2, 4, 6, 8], "glue.every": [1, 2, 4], kind: ["mlp", "q"] },
      seeds: 3,
      steps: 5,
      baseline: "depth=2 every=1 kind=mlp",
    });
    const text = findings(results);
    expect(text).toContain("These 3 seeds support no ranking after correction; 14 would");
    expect(text).toContain("23 comparisons with the baseline `depth=2 every=1 kind=mlp`: 10 seeds");
    const { cells, metrics } = studyReport(results);
    expect(cells.columns.map(({ title }) => title)).not.toContain("rank");
    const said = new Set(metrics[0]?.table?.rows.map((row) => row.at(-1)?.text));
    expect([...said]).toEqual(["not told apart"]);
  });

  test("4 cells of 8 seeds are ranked as far as they can be", () => {
    // The loss of cells falls by 0.13 from one to the next; noise of a single cell is 0.01 and below.
    const report = studyReport(four(8));
    const rank = report.cells.columns.findIndex(({ title }) => title === "rank");
    expect(report.cells.rows.map((row) => row[rank]?.text)).toEqual(["4", "3", "2", "1"]);
    expect(findings(four(8))).toContain("of 6 pairs of cells, 6 are told apart");
    expect(findings(four(8))).toContain("3 are better, 0 worse and 0 not told apart");
    // Where chance is larger than what cells differ by, nothing is ranked with as many seeds.
    const noisy = findings(four(8, { noise: 9 }));
    expect(noisy).toContain("No ranking: of 6 pairs of cells, none is told apart");
  });

  test("one cell, one seed, and nothing yet", () => {
    const alone = sampleStudy({ dimensions: { depth: [2] }, seeds: 1, steps: 3 });
    expect(findings(alone)).toContain("One cell alone has no rank.");
    expect(findings(alone)).toContain("With one seed there is no interval");
    const waiting = withRuns(four(3), (run) => ({
      ...run,
      state: "waiting",
      history: [],
      measures: {},
      stepMs: undefined,
    }));
    expect(findings(waiting)).toBe("No run has given a number yet.");
    const { gaps, curves } = studyReport(waiting);
    expect(gaps[0]?.rows.length).toBe(4);
    expect(curves).toEqual([]);
    expect(markdownReport(studyReport(waiting))).toContain("12 waiting");
  });

  test("what failed, was stopped, is undefined or is gone from the text can be seen", () => {
    const changed = withRuns(four(4), (run, _, at) => {
      if (at === 1 && run.seed === 2)
        return { ...run, state: "failed", reason: "the device was lost", measures: {} };
      if (at === 2 && run.seed > 1)
        return { ...run, state: "stopped", reason: "by the rung at 10 steps", measures: {} };
      if (at === 3 && run.seed === 0) return { ...run, measures: { ...run.measures, loss: null } };
      return run;
    });
    const [last] = four(4, { seed: 5 }).cells;
    if (last === undefined) throw new Error("there is no cell");
    const gone = { ...last, cell: { ...last.cell, name: "gone=1" }, isCurrent: false };
    const results: StudyResults = {
      ...changed,
      study: { ...changed.study, leftOut: [{ name: "cross_every=16", by: "e.weft:7" }] },
      cells: [...changed.cells, gone],
    };
    const text = markdownReport(studyReport(results));
    for (const line of [
      "| cross\\_every=2 | 2 | failed | the device was lost |",
      "| cross\\_every=4 | 2, 3 | stopped | by the rung at 10 steps |",
      "| cross\\_every=16 | by `where`, e.weft:7 |",
      "| gone=1 | no longer in the text; its runs stay in the folder |",
      "`cross_every=8`: 1 of 4 finished runs gave no number; the cell is not compared",
    ])
      expect(text).toContain(line);
    expect(text).toMatch(/\| 2 \|.*\(n = 3\)/);
    expect(text).toMatch(/\| 8 \|.*\(n = 3\), 1 undefined/);
    expect(studyReport(results).cells.rows.length).toBe(4);
    expect(runsCsv(studyReport(results))).toContain("cross_every=8,0,done,,NaN");
  });
});

describe("tables", () => {
  test("are the same bytes whatever the runs took", () => {
    const [one, other] = [four(3), atOtherTimes(four(3))].map((results) => {
      const report = studyReport(results);
      return [cellsCsv(report), runsCsv(report), jsonReport(report), latexReport(report)];
    });
    expect(other).toEqual(one);
    const page = (results: StudyResults) =>
      markdownReport(studyReport(results)).replace(/- device: .*/, "");
    expect(page(atOtherTimes(four(3)))).toBe(page(four(3)));
  });

  test("hold what the experiment asks for, and times in a table of their own", () => {
    const columns = ["params", "vision_model.params", "step_ms", "loss", "emoji.image_r1"];
    const report = studyReport(four(3, { reports: [{ kind: "table", columns }] }));
    expect(report.cells.columns.map(({ title }) => title)).toEqual([
      ...["cross_every", "params", "vision_model.params", "loss \u2193", "emoji.image_r1 \u2191"],
    ]);
    expect(report.times.columns.map(({ title }) => title)).toContain("step_ms (ms)");
    expect(report.cells.rows[0]?.[1]).toEqual({ text: "2 M", sort: 2_000_000 });
  });

  test("CSV and JSON have all digits", () => {
    const report = studyReport(four(3));
    const [titles = "", first = ""] = cellsCsv(report).split("\n");
    const at = titles.split(",").indexOf("loss:mean");
    const mean = report.analyses[0]?.cells[0]?.summary.mean;
    expect(Number(first.split(",")[at])).toBe(mean);
    const document = JSON.parse(jsonReport(report));
    expect(document.metrics[0].cells[0].mean).toBe(mean);
    expect(document.metrics[0].ranking).toMatchObject({ pairs: 6, needed: 8, isEnough: false });
  });

  test("LaTeX is what LaTeX reads", () => {
    expect(latexText("a_b & 50 % \u00b1 2 <x> {$}#\\")).toBe(
      "a\\_b \\& 50 \\% $\\pm$ 2 $<$x$>$ \\{\\$\\}\\#\\textbackslash{}",
    );
    const text = latexReport(studyReport(four(3)));
    const rows = text.split("\n").filter((line) => line.endsWith("\\\\"));
    const [head = ""] = rows;
    expect(head.split(" & ").length).toBe(5);
    const counts = new Set(rows.slice(0, 5).map((row) => row.split(" & ").length));
    expect([...counts]).toEqual([5]);
    expect((text.match(/\\begin\{/g) ?? []).length).toBe((text.match(/\\end\{/g) ?? []).length);
  });
});

describe("curves", () => {
  const run = (seed: number, values: readonly number[], state: "done" | "failed" = "done") => ({
    ...withRuns(four(1), (one) => one).cells[0]?.runs[0],
    seed,
    state,
    reason: undefined,
    measures: {},
    peakBytes: undefined,
    stepMs: undefined,
    pictures: [],
    history: values.map((loss, at) => ({
      step: at + 1,
      samples: 8 * (at + 1),
      flops: 1e9 * (at + 1),
      minutes: (at + 1) / 60,
      values: { loss },
    })),
  });

  test("are means over seeds with the least and the most, as far as all have come", () => {
    const { points } = curveOf([run(0, [4, 3, 2]), run(1, [2, 1])], "loss", "samples");
    expect(points).toEqual([
      { x: 8, mean: 3, low: 2, high: 4, n: 2 },
      { x: 16, mean: 2, low: 1, high: 3, n: 2 },
    ]);
  });

  test("leave out failed runs and what is not finite, and bin what is long", () => {
    const found = curveOf([run(0, [4, Number.NaN, 2]), run(1, [99], "failed")], "loss", "step");
    expect(found.points.map(({ x, mean, n }) => [x, mean, n])).toEqual([
      [1, 4, 1],
      [3, 2, 1],
    ]);
    const long = curveOf(
      [
        run(
          0,
          Array.from({ length: 250 }, (_, at) => at),
        ),
      ],
      "loss",
      "step",
    );
    expect(long.binned).toBe(3);
    expect(long.points[0]).toMatchObject({ x: 3, mean: 1 });
    expect(long.points.length).toBe(84);
  });
});

describe("two studies", () => {
  test("are compared by cells of equal name and seeds of both", () => {
    const first = four(8);
    const other = four(8, { seed: 1, dimensions: { "glue.cross_every": [1, 2, 4, 16] } });
    const second = withRuns(other, (run, _, at) => {
      const own = first.cells[at]?.runs.find(({ seed }) => seed === run.seed);
      const loss = (own?.measures.loss ?? 0) - 0.05;
      return { ...run, measures: { ...run.measures, loss } };
    });
    const report = comparisonReport(compareStudies(first, second), ["a", "b"]);
    expect(report.summary[2]?.[1]).toBe("3, of which 3 resolve to the same work");
    expect(report.metrics[0]?.findings[0]).toContain("Of 3 cells, B is better in 3");
    expect(report.gaps[0]?.rows.map((row) => row[0]?.text)).toEqual([
      ...["cross_every=8", "cross_every=16"],
    ]);
    const few = comparisonReport(compareStudies(four(3), four(3, { seed: 1 })), ["a", "b"]);
    expect(few.metrics[0]?.findings[0]).toContain("3 common seeds cannot tell the studies apart");
  });
});

test("numbers are written to the digits that say something", () => {
  const summary = (mean: number, reach: number) => ({
    n: 3,
    mean,
    deviation: 1,
    interval: { low: mean - reach, high: mean + reach },
  });
  expect(formatMean(summary(0.43214, 0.00523))).toBe("0.4321 \u00b1 0.0052");
  expect(formatMean(summary(-12.3, 4.1))).toBe("\u221212.3 \u00b1 4.1");
  expect(formatMean(summary(-3.1e-10, 0.0065))).toBe("0.0000 \u00b1 0.0065");
  expect(formatMean(summary(3, 0))).toBe("3.000 \u00b1 0.000");
  expect(["count", "bytes", "plain"].map((form) => formatNumber(1536, form as "count"))).toEqual([
    ...["1.536 k", "1.5 KiB", "1536"],
  ]);
  expect(formatNumber(Number.NaN, "plain")).toBe("undefined");
  expect([...shortPaths(["a.depth", "b.depth", "b.width"]).values()]).toEqual([
    ...["a.depth", "b.depth", "width"],
  ]);
});

describe("the files of a report", () => {
  test("are one page that asks for nothing, and figures of their widths", {
    timeout: 400_000,
  }, async () => {
    const results = sampleStudy({
      dimensions: { "<b>": ["x", "y"] },
      seeds: 2,
      steps: 6,
      baseline: "<b>=x",
      reports: [{ kind: "table", columns: ["params", "loss"] }],
    });
    const { files } = await writeReport(results, folder, { formats: ["html"], to: folder });
    const page = readFileSync(join(folder, "report.html"), "utf8");
    expect(page).not.toMatch(/(src|href)="(?!#|data:)/);
    expect(page).not.toMatch(/url\((?!#)/);
    expect(page).not.toContain("<b>");
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const [, numbers = ""] = /id="numbers">(.*?)<\/script>/s.exec(page) ?? [];
    expect(JSON.parse(numbers).cells.length).toBe(2);
    const widths = {
      "": /width="7(1[4-9]|20)"/,
      "-phone": /width="3(3[4-9]|40)"/,
      "-paper": /width="85mm"/,
    };
    const drawn = readdirSync(join(folder, "figures")).filter((name) => name.endsWith(".svg"));
    expect(drawn.length).toBe(12);
    expect(files.filter((path) => path.endsWith(".png")).length).toBe((2 * drawn.length) / 3);
    for (const name of drawn) {
      const [, ending = ""] = /(-phone|-paper|)\.svg$/.exec(name) ?? [];
      const svg = readFileSync(join(folder, "figures", name), "utf8");
      expect(svg, name).toMatch(widths[ending as keyof typeof widths]);
      expect(svg, name).not.toMatch(/NaN|Infinity|undefined/);
    }
    // 720 pixels in twice as many dots; 85 mm at 300 dots an inch.
    for (const path of files.filter((one) => one.endsWith(".png"))) {
      const { width } = await sharp(path).metadata();
      const most = path.endsWith("-paper.png") ? 1004 : 1440;
      expect(width, path).toBeLessThanOrEqual(most);
      expect(width, path).toBeGreaterThanOrEqual(most - 20);
    }
  });
});
