// The table of one work, for terminals and for docs/measurements.md.
import { largestDifference, median, relativeError } from "./statistics.mjs";

export function rowsOf(work, libraries, results) {
  const judge = results.get(work.reference ?? "judge");
  const own = results.get("weft");
  return libraries.map(({ name, title }) => {
    const { output, times, ...result } = results.get(name);
    if (times === undefined) return { library: name, title, ...result };
    const medianMs = median(times);
    const calls = work.tokens ?? 1;
    return {
      library: name,
      title,
      runs: times.length,
      medianMs,
      minMs: Math.min(...times),
      maxMs: Math.max(...times),
      firstMs: result.firstMs,
      gflops: work.flops / medianMs / 1e6,
      ...(work.tokens === undefined ? {} : rates(work, result, judge, times)),
      // What counts nothing runs elsewhere: the judge has no GPU, ONNX Runtime's submits are not logged.
      dispatches: result.dispatches && result.dispatches / calls,
      submits: result.submits && result.submits / calls,
      peakBytes: result.peakBytes,
      error:
        judge?.output === undefined || name === (work.reference ?? "judge")
          ? undefined
          : (work.reference === undefined ? relativeError : largestDifference)(
              output,
              judge.output,
            ),
      timesSlower: own?.times === undefined ? undefined : medianMs / median(own.times),
    };
  });
}

function rates(work, result, judge, times) {
  const rate = (milliseconds) => (work.tokens * 1000) / milliseconds;
  return {
    tokensPerSecond: rate(median(times)),
    bestTokensPerSecond: rate(Math.min(...times)),
    sameTokens: judge?.tokens && String(result.tokens) === String(judge.tokens),
  };
}

const digits = (amount, count) => (amount === undefined ? "-" : amount.toFixed(count));
const times = (row) => (row.medianMs < 20 ? 2 : 0);
const library = { title: "library", cell: (row) => row.title };
const shared = [
  { title: "peak MB", cell: (row) => digits(row.peakBytes / 1e6, 0) },
  { title: "error", cell: (row) => row.error?.toExponential(1) ?? "-" },
];
const beside = { title: "median beside Weft", cell: (row) => digits(row.timesSlower, 2) };

/** Details are for terminals and not for the page. */
const columns = [
  library,
  { title: "median ms", cell: (row) => digits(row.medianMs, times(row)) },
  { title: "min ms", cell: (row) => digits(row.minMs, times(row)) },
  { title: "max ms", cell: (row) => digits(row.maxMs, times(row)), isDetail: true },
  { title: "GFLOP/s (median)", cell: (row) => digits(row.gflops, 1) },
  { title: "first ms", cell: (row) => digits(row.firstMs, 0), isDetail: true },
  { title: "dispatches", cell: (row) => digits(row.dispatches, 0) },
  { title: "submits", cell: (row) => digits(row.submits, 0) },
  ...shared,
  beside,
];

const perTokenColumns = [
  library,
  { title: "tokens/s (median)", cell: (row) => digits(row.tokensPerSecond, 1) },
  { title: "best", cell: (row) => digits(row.bestTokensPerSecond, 1) },
  { title: "dispatches/token", cell: (row) => digits(row.dispatches, 0) },
  { title: "submits/token", cell: (row) => digits(row.submits, 1) },
  ...shared,
  {
    title: "the judge's tokens",
    cell: (row) => ({ true: "yes", false: "no" })[row.sameTokens] ?? "-",
  },
  beside,
];

export function reportTable({ work, adapter, rows }, asMarkdown) {
  const known = work.tokens === undefined ? columns : perTokenColumns;
  const shown = asMarkdown ? known.filter(({ isDetail }) => isDetail !== true) : known;
  const line = (row) => shown.map(({ cell }) => cell(row));
  const titles = shown.map(({ title }) => title);
  const lines = rows.map((row) => (row.medianMs === undefined ? reasonLine(row) : line(row)));
  const body = asMarkdown ? markdownTable(titles, lines) : plainTable(titles, lines);
  const ofRuns = rows.find((row) => row.runs)?.runs ?? 0;
  return `${work.title}, on ${adapter ?? "no adapter"}, ${ofRuns} runs each\n\n${body}\n`;
}

const reasonLine = ({ title, cannot, failed }) => [title, cannot ?? `FAILED: ${failed}`];

export function markdownTable(titles, lines) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const filled = lines.map((cells) => [
    ...cells,
    ...Array.from({ length: titles.length - cells.length }, () => ""),
  ]);
  return [row(titles), `|${"---|".repeat(titles.length)}`, ...filled.map(row)].join("\n");
}

export function plainTable(titles, lines) {
  const whole = lines.filter((cells) => cells.length === titles.length);
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...whole.map((cells) => cells[column].length)),
  );
  const names = Math.max(widths[0], ...lines.map(([name]) => name.length));
  const row = ([name, ...cells]) => {
    const rest =
      cells.length === titles.length - 1
        ? cells.map((cell, column) => cell.padStart(widths[column + 1]))
        : cells;
    return [name.padEnd(names), ...rest].join("  ");
  };
  return [titles, ...lines].map(row).join("\n");
}
