import { escapeMarkup } from "../../../charts/escape-markup.ts";
import type { Figure } from "../figures/figure.ts";
import type { ReportBody } from "../report-body.ts";
import type { ReportTable } from "../tables/report-table.ts";
import { fileName } from "./figure-files.ts";
import { pageScript, pageStyle } from "./page-looks.ts";

/** A view of a figure, drawn for a screen and for a phone. */
export interface DrawnView {
  readonly name: string;
  readonly page: string;
  readonly phone: string;
}

export interface PagePictures {
  /** Views of each figure, by its id. */
  readonly drawn: ReadonlyMap<string, readonly DrawnView[]>;
  /** Examples by their paths, as `data:` addresses. */
  readonly examples: ReadonlyMap<string, string>;
}

/** The report as one page that asks for no other file: tables that sort, figures, examples, and all numbers as JSON. */
export function htmlReport(report: ReportBody, numbers: string, pictures: PagePictures): string {
  const { title, metrics, curves, gaps, notes, summary } = report;
  const figures = (all: readonly Figure[]) => all.map((one) => figure(one, pictures)).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
<dl class="summary">${summary.map(([what, value]) => `<dt>${escapeMarkup(what)}</dt><dd>${escapeMarkup(value)}</dd>`).join("")}</dl>
${notes.length === 0 ? "" : list(notes, "notes")}
${gapsNote(gaps)}
<h2>What the data say</h2>
${metrics.map(({ name, findings }) => `<h3>${escapeMarkup(name)}</h3>\n${list(findings, "findings")}`).join("\n")}
${report.cells === undefined ? "" : table(report.cells)}
${metrics
  .map((one) =>
    [
      `<h2>${escapeMarkup(one.name)}</h2>`,
      figures(one.figures),
      one.table === undefined ? "" : table(one.table),
    ].join("\n"),
  )
  .join("\n")}
${curves.length === 0 ? "" : `<h2>Training</h2>\n${figures(curves)}`}
${examples(report, pictures)}
${gaps.map(table).join("\n")}
${report.times === undefined ? "" : table(report.times)}
<script type="application/json" id="numbers">${numbers.replaceAll("<", "\\u003c")}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

function gapsNote(gaps: readonly ReportTable[]): string {
  const texts = gaps.map(
    ({ id, title, rows }) => `<a href="#${id}">${escapeMarkup(title)}</a>: ${rows.length}`,
  );
  return texts.length === 0 ? "" : `<p class="gaps">${texts.join(" &middot; ")}</p>`;
}

function list(lines: readonly string[], kind: string): string {
  return `<ul class="${kind}">${lines.map((one) => `<li>${prose(one)}</li>`).join("")}</ul>`;
}

/** What stands in backticks is a name. */
function prose(text: string): string {
  return escapeMarkup(text).replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}

function table({ id, title, columns, rows, notes }: ReportTable): string {
  const head = columns.map(
    (one) =>
      `<th class="${one.align}" scope="col"><button type="button">${escapeMarkup(one.title)}</button></th>`,
  );
  const body = rows.map((row) => {
    const cells = row.map(({ text, sort }, at) => {
      const place = sort === undefined ? "" : ` data-sort="${escapeMarkup(String(sort))}"`;
      return `<td class="${columns[at]?.align ?? "left"}"${place}>${escapeMarkup(text)}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<section id="${fileName(id)}">
<h2>${escapeMarkup(title)}</h2>
<div class="table"><table>
<thead><tr>${head.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>
${notes.map((one) => `<p class="note">${prose(one)}</p>`).join("\n")}
</section>`;
}

function figure({ id, title, caption }: Figure, { drawn }: PagePictures): string {
  const views = drawn.get(id) ?? [];
  const buttons = views.map(
    ({ name }, at) =>
      `<button type="button" aria-pressed="${at === 0}">${escapeMarkup(name)}</button>`,
  );
  const pictures = views.map(
    ({ name, page, phone }, at) =>
      `<div class="view"${at === 0 ? "" : " hidden"} role="img" aria-label="${escapeMarkup(`${title}, by ${name}`)}"><div class="page">${page}</div><div class="phone">${phone}</div></div>`,
  );
  return `<figure>
<h3>${escapeMarkup(title)}</h3>
${buttons.length > 1 ? `<p class="views">over ${buttons.join("")}</p>` : ""}
${pictures.join("\n")}
<figcaption>${prose(caption)}</figcaption>
</figure>`;
}

function examples({ examples: found }: ReportBody, { examples: addresses }: PagePictures): string {
  if (found === undefined) return "";
  const rows = found.rows.map(({ name, entries }) => {
    const pictures = entries.map(({ cell, seed, path }) => {
      const address = addresses.get(path);
      const label = escapeMarkup(`${cell}, seed ${seed}`);
      const picture =
        address === undefined
          ? `<div class="lost">not there: ${escapeMarkup(path)}</div>`
          : `<img src="${address}" alt="${escapeMarkup(name)} by ${label}">`;
      return `<div class="example">${picture}<div>${label}</div></div>`;
    });
    return `<h3>${escapeMarkup(name)}</h3>\n<div class="examples">${pictures.join("")}</div>`;
  });
  return `<h2>Examples</h2>\n${rows.join("\n")}\n<p class="note">${prose(found.caption)}</p>`;
}
