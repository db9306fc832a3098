import { escapeMarkup } from "../charts/escape-markup.ts";
import { formatCount } from "../text/format-quantity.ts";
import type { MetricsLine } from "./read-metrics.ts";
import { type RunFacts, titleOf } from "./run-facts.ts";
import { runWarnings } from "./run-warnings.ts";

interface RunPage {
  readonly facts: RunFacts;
  /** `run.json` as it is. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly lines: readonly MetricsLine[];
  /** An SVG image. */
  readonly charts: string;
}

/** A page about a run that needs no other file: what it was, how it went, what was found. */
export function runPage({ facts, document, lines, charts }: RunPage): string {
  const title = escapeMarkup(titleOf(facts));
  const warnings = runWarnings(facts, lines).map((one) => `<li>${escapeMarkup(one)}</li>`);
  const heldOut = lines.filter(({ isHeldOut }) => isHeldOut);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
${table([], summaryOf(facts, lines))}
${warnings.length === 0 ? "" : `<h2>Warnings</h2>\n<ul class="warnings">${warnings.join("")}</ul>`}
<h2>Course</h2>
<div class="charts">${charts}</div>
<h2>What is trained</h2>
${table(["phase", "steps", "train", "learning rate", "numbers"], groupsOf(facts))}
<h2>Numbers</h2>
${table(["step", ...numberNames], numbersOf(lines.filter(({ isHeldOut }) => !isHeldOut)))}
${heldOut.length === 0 ? "" : `<h2>Held-out records</h2>\n${heldOutTable(heldOut)}`}
<h2>The run as it was begun</h2>
<details><summary>run.json</summary><pre>${escapeMarkup(JSON.stringify(document, null, 2))}</pre></details>
</body>
</html>
`;
}

function summaryOf(facts: RunFacts, lines: readonly MetricsLine[]): readonly (readonly string[])[] {
  const steps = lines.filter(({ isHeldOut }) => !isHeldOut);
  const last = steps.at(-1);
  const losses = steps.filter(({ numbers: { loss } }) => Number.isFinite(loss));
  const best = losses.toSorted((a, b) => (a.numbers.loss ?? 0) - (b.numbers.loss ?? 0))[0];
  return [
    ["steps", `${last?.step ?? 0} of ${facts.steps}`],
    ["samples", formatCount(last?.numbers.samples ?? 0)],
    ["last loss", shown(last?.numbers.loss)],
    ["lowest loss", best === undefined ? "" : `${shown(best.numbers.loss)} in step ${best.step}`],
    ["seed", String(facts.seed)],
    ["device", facts.device],
    ["Weft", facts.weft],
  ];
}

function groupsOf({ phases }: RunFacts): readonly (readonly string[])[] {
  return phases.flatMap(({ from, to, stage: { phase, groups } }) =>
    groups.map(({ selector, lr, parameters }, n) => [
      n === 0 ? (phase ?? "") : "",
      n === 0 ? `${from + 1} to ${to}` : "",
      selector,
      shown(lr),
      formatCount(parameters.reduce((sum, { numbers }) => sum + numbers, 0)),
    ]),
  );
}

const numberNames = ["loss", "lr", "norm", "samplesPerSecond", "idle"] as const;
/** So many rows tell how it went; `metrics.jsonl` has all of them. */
const mostRows = 24;

function numbersOf(steps: readonly MetricsLine[]): readonly (readonly string[])[] {
  const count = Math.min(mostRows, steps.length);
  return Array.from({ length: count }, (_, n) => {
    const line = steps[Math.round((n * (steps.length - 1)) / Math.max(1, count - 1))];
    return [String(line?.step ?? ""), ...numberNames.map((name) => shown(line?.numbers[name]))];
  });
}

function heldOutTable(lines: readonly MetricsLine[]): string {
  const names = [...new Set(lines.flatMap(({ watches }) => Object.keys(watches)))];
  const rows = lines.map(({ step, numbers: { loss }, watches }) => [
    String(step),
    shown(loss),
    ...names.map((name) => shown(watches[name])),
  ]);
  return table(["step", "loss", ...names], rows);
}

function shown(value: number | undefined): string {
  if (value === undefined) return "";
  return Number.isFinite(value) ? String(Number(value.toPrecision(5))) : "not finite";
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join("")}</tr>`;
  const head = titles.length === 0 ? "" : `<thead>${line(titles, "th")}</thead>\n`;
  return `<table>\n${head}<tbody>${rows.map((row) => line(row, "td")).join("\n")}</tbody>\n</table>`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2937; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { padding: .15rem 1rem .15rem 0; text-align: left; border-bottom: 1px solid #e5e7eb }
.charts svg { max-width: 100%; height: auto }
.warnings { background: #fef3c7; padding: .6rem 2rem }
pre { overflow: auto; background: #f3f4f6; padding: 1rem; font-size: 12px }
`;
