import type { Figure } from "../figures/figure.ts";
import type { ReportBody } from "../report-body.ts";
import type { ReportTable } from "../tables/report-table.ts";
import { figureFile, fileName } from "./figure-files.ts";

/** Tables and figures of a report for a paper: to be read by `\input`, with `booktabs` and `graphicx`. */
export function latexReport(report: ReportBody): string {
  const { metrics, curves, gaps } = report;
  const label = fileName(report.title);
  const blocks = [
    "% Needs \\usepackage{booktabs} and \\usepackage{graphicx}; figures are 85 mm wide.",
    ...metrics.flatMap(({ name, findings }) =>
      findings.map((one) => `% ${oneLine(`${name}: ${one}`)}`),
    ),
    ...(report.cells === undefined ? [] : [latexTable(report.cells, label)]),
    ...metrics.flatMap(({ table, figures }) => [
      ...(table === undefined ? [] : [latexTable(table, label)]),
      ...figures.map((one) => latexFigure(one, label)),
    ]),
    ...curves.map((one) => latexFigure(one, label)),
    ...gaps.map((one) => latexTable(one, label)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function latexTable({ id, title, columns, rows, notes }: ReportTable, label: string): string {
  const line = (cells: readonly string[]): string => `${cells.join(" & ")} \\\\`;
  return [
    "\\begin{table}",
    "\\centering",
    `\\caption{${latexText([title, ...notes].map(sentence).join(" "))}}`,
    `\\label{tab:${label}-${fileName(id)}}`,
    `\\begin{tabular}{${columns.map(({ align }) => (align === "right" ? "r" : "l")).join("")}}`,
    "\\toprule",
    line(columns.map((one) => latexText(one.title))),
    "\\midrule",
    ...rows.map((row) => line(row.map(({ text }) => latexText(text)))),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
  ].join("\n");
}

function latexFigure({ id, title, caption }: Figure, label: string): string {
  return [
    "\\begin{figure}",
    "\\centering",
    `\\includegraphics[width=85mm]{${figureFile(id, "paper", "png")}}`,
    `\\caption{${latexText(`${sentence(title)} ${caption}`)}}`,
    `\\label{fig:${label}-${fileName(id)}}`,
    "\\end{figure}",
  ].join("\n");
}

const special: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  "&": "\\&",
  "%": "\\%",
  $: "\\$",
  "#": "\\#",
  _: "\\_",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "$<$",
  ">": "$>$",
  "`": "",
  "\u00b1": "$\\pm$",
  "\u2212": "$-$",
  "\u2013": "--",
  "\u2191": "$\\uparrow$",
  "\u2193": "$\\downarrow$",
  "\u2026": "\\ldots{}",
};

/** A text as it stands in LaTeX. */
export function latexText(text: string): string {
  return [...oneLine(text)].map((letter) => special[letter] ?? letter).join("");
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ");
}
