import type { CstNode, IToken } from "chevrotain";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { SourceFile } from "../source/source-file.ts";
import { matchBrackets } from "./brackets.ts";
import { ProblemReport } from "./report-problems.ts";
import { reportStrays } from "./report-strays.ts";
import { endOf, once, type Scan, scan, withoutTokens } from "./scan.ts";
import { WeftParser } from "./weft-parser.ts";

/** A file as its concrete tree, with the comments beside it. */
export interface ConcreteFile {
  readonly cst: CstNode;
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** Lines about which something has been reported. */
  readonly troubledLines: ReadonlySet<number>;
}

const parser = once(() => new WeftParser());

/** Scans and parses; everything that is wrong is reported. */
export function readConcreteFile(file: SourceFile, sink: DiagnosticSink): ConcreteFile {
  const scanned = scan(file);
  reportStrays(file, scanned.strays, sink);
  const stray = matchBrackets(scanned.tokens).stray;
  const kept = withoutTokens(scanned, new Set(stray));
  const { cst, problems, errors, brackets } = parser().parseTokens(kept.tokens);
  const report = new ProblemReport(file, sink, kept, brackets);
  report.report(problems, errors);
  const firstError = Math.min(
    ...errors.map((error) => error.token.startOffset).filter(Number.isFinite),
  );
  reportStrayClosers(
    file,
    scanned,
    stray.filter((index) => startOf(scanned, index) < firstError),
    sink,
  );
  return {
    cst,
    tokens: kept.tokens,
    comments: scanned.comments,
    troubledLines: report.lines,
  };
}

function startOf(scanned: Scan, index: number): number {
  return scanned.tokens[index]?.startOffset ?? 0;
}

/** Closing brackets that close nothing; after an error they are mostly its echo, and are passed over. */
function reportStrayClosers(
  file: SourceFile,
  scanned: Scan,
  stray: readonly number[],
  sink: DiagnosticSink,
): void {
  for (const index of stray) {
    const token = scanned.tokens[index];
    if (token === undefined) continue;
    const span = { file, start: token.startOffset, end: endOf(token) };
    const expected = `an opening bracket before \`${token.image}\``;
    sink.report("syntax", span, { expected, found: "none" });
  }
}
