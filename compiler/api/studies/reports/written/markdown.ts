import type { Figure } from "../figures/figure.ts";
import type { ReportBody } from "../report-body.ts";
import type { ReportTable } from "../tables/report-table.ts";
import { figureFile } from "./figure-files.ts";

/** A report as Markdown, with the figures beside it as files. No time is in it: the same runs give the same bytes. */
export function markdownReport(report: ReportBody): string {
  const blocks = [
    `# ${escaped(report.title)}`,
    report.summary.map(([what, value]) => `- ${what}: ${escaped(value)}`).join("\n"),
    ...(report.notes.length > 0
      ? [report.notes.map((one) => `> ${escaped(one)}`).join("\n>\n")]
      : []),
    ...(report.cells === undefined ? [] : tableBlocks(report.cells)),
    ...report.metrics.flatMap(({ name, findings, table, figures }) => [
      `## ${escaped(name)}`,
      findings.map((one) => `- ${escaped(one)}`).join("\n"),
      ...(table === undefined ? [] : tableBlocks(table, 3)),
      ...figures.flatMap(figureBlocks),
    ]),
    ...(report.curves.length > 0 ? ["## Training", ...report.curves.flatMap(figureBlocks)] : []),
    ...report.gaps.flatMap((table) => tableBlocks(table)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

/** A table with its title and notes. */
export function markdownTable(table: ReportTable): string {
  return `${tableBlocks(table).join("\n\n")}\n`;
}

function tableBlocks({ title, columns, rows, notes }: ReportTable, depth = 2): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const table = [
    line(columns.map((one) => escaped(one.title))),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...rows.map((row) => line(row.map(({ text }) => escaped(text)))),
  ];
  return [`${"#".repeat(depth)} ${escaped(title)}`, table.join("\n"), ...notes.map(escaped)];
}

function figureBlocks({ id, title, caption }: Figure): readonly string[] {
  return [
    `![${escaped(title)}](${figureFile(id, "page", "svg")})`,
    `*${escaped(title)}.* ${escaped(caption)}`,
  ];
}

/** Names may hold what Markdown reads as marks; what is in backticks stays as it is. */
function escaped(text: string): string {
  const clean = text.replaceAll(/[\r\n]+/g, " ");
  return clean
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith("`") && part.length > 1
        ? part.replaceAll("|", "\\|")
        : part.replaceAll(/[\\*_|<>[\]]/g, "\\$&"),
    )
    .join("");
}
