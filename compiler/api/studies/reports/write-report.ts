import { join } from "node:path";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import type { StudyResults } from "../study-results.ts";
import { comparisonCsv, comparisonJson } from "./compared/comparison-numbers.ts";
import { comparisonReport } from "./compared/comparison-report.ts";
import { compareStudies } from "./compared/study-comparison.ts";
import { openPainter, type Painter } from "./figures/draw-figure.ts";
import { type Figure, type FigureWidth, figureWidths } from "./figures/figure.ts";
import { rasterise, shrunkPicture } from "./rasterise.ts";
import type { ReportBody } from "./report-body.ts";
import { studyReport } from "./study-report.ts";
import { cellsCsv, runsCsv, timesCsv } from "./written/csv.ts";
import { figureFile, fileName } from "./written/figure-files.ts";
import { type DrawnView, htmlReport, type PagePictures } from "./written/html.ts";
import { jsonReport } from "./written/json.ts";
import { latexReport } from "./written/latex.ts";
import { markdownReport, markdownTable } from "./written/markdown.ts";

export const reportFormats = ["html", "md", "tex", "csv", "json"] as const;
export type ReportFormat = (typeof reportFormats)[number];

interface WriteOptions {
  readonly formats: readonly ReportFormat[];
  /** The folder of the report. */
  readonly to: string;
}

export interface WrittenReport {
  /** Paths of all that was written. */
  readonly files: readonly string[];
  /** What the data say by each metric. */
  readonly metrics: readonly { readonly name: string; readonly findings: readonly string[] }[];
}

type ReportFile = readonly [name: string, content: string | Uint8Array];

/**
 * Writes what a report of a study consists of, and gives the paths. Files of tables have the same bytes whenever they are made of the
 * same runs: times stand in `times.csv`, `times.md` and the page alone.
 *
 * @param folder That of the study, below which pictures lie.
 * @throws {RuntimeFault} `file-unreadable` where the folder of the report cannot be written.
 */
export async function writeReport(
  results: StudyResults,
  folder: string,
  { formats, to }: WriteOptions,
): Promise<WrittenReport> {
  const report = studyReport(results);
  const json = jsonReport(report);
  const files: ReportFile[] = [...(await bodyFiles(report, json, { formats, folder }))];
  if (formats.includes("md")) files.push(["times.md", markdownTable(report.times)]);
  if (formats.includes("csv"))
    files.push(
      ["cells.csv", cellsCsv(report)],
      ["runs.csv", runsCsv(report)],
      ["times.csv", timesCsv(report)],
    );
  return written(report, writeFiles(files, to));
}

/** The same for two studies beside each other. */
export async function writeComparison(
  [first, second]: readonly [StudyResults, StudyResults],
  labels: readonly [string, string],
  { formats, to }: WriteOptions,
): Promise<WrittenReport> {
  const report = comparisonReport(compareStudies(first, second), labels);
  const json = comparisonJson(report);
  const files: ReportFile[] = [...(await bodyFiles(report, json, { formats, folder: "" }))];
  if (formats.includes("csv")) files.push(["compared.csv", comparisonCsv(report)]);
  return written(report, writeFiles(files, to));
}

function written({ metrics }: ReportBody, files: readonly string[]): WrittenReport {
  return { files, metrics: metrics.map(({ name, findings }) => ({ name, findings })) };
}

/** Figures and the formats that all reports share. */
async function bodyFiles(
  report: ReportBody,
  json: string,
  { formats, folder }: { readonly formats: readonly ReportFormat[]; readonly folder: string },
): Promise<readonly ReportFile[]> {
  const files: ReportFile[] = [];
  const wants = (format: ReportFormat): boolean => formats.includes(format);
  if (wants("html") || wants("md") || wants("tex")) {
    const painter = await openPainter();
    for (const figure of figuresOf(report)) files.push(...(await figureFiles(figure, painter)));
    if (wants("html"))
      files.push([
        "report.html",
        htmlReport(report, json, await picturesOf(report, painter, folder)),
      ]);
  }
  if (wants("md")) files.push(["report.md", markdownReport(report)]);
  if (wants("tex")) files.push(["report.tex", latexReport(report)]);
  if (wants("json")) files.push(["report.json", json]);
  return files;
}

function writeFiles(files: readonly ReportFile[], to: string): readonly string[] {
  return files.map(([name, content]) => {
    const path = join(to, name);
    writeAtomically(path, [
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    ]);
    return path;
  });
}

function figuresOf({ metrics, curves }: ReportBody): readonly Figure[] {
  return [...metrics.flatMap(({ figures }) => figures), ...curves];
}

/** Dots of a screen for each pixel, and of a paper: 300 an inch. */
const scales: Readonly<Record<FigureWidth, number>> = { page: 2, phone: 2, paper: 300 / 96 };

/** The first view at each width, as SVG and, but for phones, as PNG. */
async function figureFiles(
  { id, views: [view] }: Figure,
  painter: Painter,
): Promise<readonly ReportFile[]> {
  if (view === undefined) return [];
  const files: ReportFile[] = [];
  for (const width of figureWidths) {
    const svg = await painter.svg(view, width, fileName(id));
    files.push([figureFile(id, width, "svg"), `${svg}\n`]);
    if (width !== "phone")
      files.push([figureFile(id, width, "png"), await rasterise(svg, scales[width])]);
  }
  return files;
}

async function picturesOf(
  report: ReportBody,
  painter: Painter,
  study: string,
): Promise<PagePictures> {
  const drawn = new Map<string, readonly DrawnView[]>();
  for (const { id, views } of figuresOf(report)) {
    const own: DrawnView[] = [];
    for (const [at, view] of views.entries()) {
      const name = `${fileName(id)}-${at}`;
      own.push({
        name: view.name,
        page: await painter.svg(view, "page", name),
        phone: await painter.svg(view, "phone", `${name}-phone`),
      });
    }
    drawn.set(id, own);
  }
  const examples = new Map<string, string>();
  for (const { path } of report.examples?.rows.flatMap(({ entries }) => entries) ?? []) {
    const address = await shrunkPicture(join(study, path));
    if (address !== undefined) examples.set(path, address);
  }
  return { drawn, examples };
}
