import { join } from "node:path";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import type { StudyResults } from "../study-results.ts";
import { openPainter, type Painter } from "./figures/draw-figure.ts";
import { type Figure, type FigureWidth, figureWidths } from "./figures/figure.ts";
import { rasterise, shrunkPicture } from "./rasterise.ts";
import { type StudyReport, studyReport } from "./study-report.ts";
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
  /** The folder of the study, below which pictures lie. */
  readonly study: string;
  /** The folder of the report. */
  readonly to: string;
}

/**
 * Writes what a report consists of, and gives the paths. Files of tables have the same bytes whenever they are made of the
 * same runs: times stand in `times.csv`, `times.md` and the page alone.
 *
 * @throws {RuntimeFault} `file-unreadable` where the folder cannot be written.
 */
export async function writeReport(
  results: StudyResults,
  { formats, study, to }: WriteOptions,
): Promise<readonly string[]> {
  const report = studyReport(results);
  const wants = (format: ReportFormat): boolean => formats.includes(format);
  const files: (readonly [name: string, content: string | Uint8Array])[] = [];
  const json = jsonReport(report);
  if (wants("html") || wants("md") || wants("tex")) {
    const painter = await openPainter();
    for (const figure of figuresOf(report)) files.push(...(await figureFiles(figure, painter)));
    if (wants("html"))
      files.push(["report.html", htmlReport(report, json, await picturesOf(report, painter, study))]);
  }
  if (wants("md"))
    files.push(["report.md", markdownReport(report)], ["times.md", markdownTable(report.times)]);
  if (wants("tex")) files.push(["report.tex", latexReport(report)]);
  if (wants("csv"))
    files.push(
      ["cells.csv", cellsCsv(report)],
      ["runs.csv", runsCsv(report)],
      ["times.csv", timesCsv(report)],
    );
  if (wants("json")) files.push(["report.json", json]);
  return files.map(([name, content]) => {
    const path = join(to, name);
    writeAtomically(path, [typeof content === "string" ? new TextEncoder().encode(content) : content]);
    return path;
  });
}

function figuresOf({ metrics, curves }: StudyReport): readonly Figure[] {
  return [...metrics.flatMap(({ figures }) => figures), ...curves];
}

/** Dots of a screen for each pixel, and of a paper: 300 an inch. */
const scales: Readonly<Record<FigureWidth, number>> = { page: 2, phone: 2, paper: 300 / 96 };

/** The first view at each width, as SVG and, but for phones, as PNG. */
async function figureFiles(
  { id, views: [view] }: Figure,
  painter: Painter,
): Promise<readonly (readonly [string, string | Uint8Array])[]> {
  if (view === undefined) return [];
  const files: (readonly [string, string | Uint8Array])[] = [];
  for (const width of figureWidths) {
    const svg = await painter.svg(view, width, fileName(id));
    files.push([figureFile(id, width, "svg"), `${svg}\n`]);
    if (width !== "phone")
      files.push([figureFile(id, width, "png"), await rasterise(svg, scales[width])]);
  }
  return files;
}

async function picturesOf(
  report: StudyReport,
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
