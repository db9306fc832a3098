import type { CstNode, IToken } from "chevrotain";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import { once } from "../ir/once.ts";
import type { SourceFile } from "../source/source-file.ts";
import { type ParsedTokens, WeftParser } from "./grammar/weft-parser.ts";
import { matchBrackets } from "./lex/brackets.ts";
import { isNoText, isTooLong, isTooMuch } from "./lex/limits.ts";
import { endOf, type Scan, scan, withoutTokens } from "./lex/scan.ts";
import { reportStrays } from "./recover/report-strays.ts";
import { reportProblems } from "./report-problems.ts";

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
  const isUnread = isTooLong(file, sink) || isNoText(file, sink);
  const scanned = isUnread ? nothing : scan(file);
  if (isTooMuch(file, scanned.tokens, sink)) return readTokens(file, sink, nothing);
  return readTokens(file, sink, scanned);
}

/** What there is of a text that is too much to read. */
const nothing: Scan = { tokens: [], comments: [], strays: [] };

function readTokens(file: SourceFile, sink: DiagnosticSink, scanned: Scan): ConcreteFile {
  reportStrays(file, scanned.strays, sink);
  const troubledLines = new Set(scanned.strays.map(({ line }) => line));
  const stray = matchBrackets(scanned.tokens).stray;
  const { tokens } = withoutTokens(scanned, new Set(stray));
  const parsed = parser().parseTokens(tokens);
  reportProblems(file, sink, parsed, troubledLines);
  const before = firstOffsetOf(parsed.errors);
  reportStrayClosers(file, sink, scanned, { stray, before, troubledLines });
  return { cst: parsed.cst, tokens, comments: scanned.comments, troubledLines };
}

function firstOffsetOf(errors: ParsedTokens["errors"]): number {
  return Math.min(...errors.map((error) => error.token.startOffset).filter(Number.isFinite));
}

/** Closing brackets that close nothing; after an error they are mostly its echo, and are passed over. */
function reportStrayClosers(
  file: SourceFile,
  sink: DiagnosticSink,
  { tokens }: Scan,
  { stray, before, troubledLines }: StrayClosers,
): void {
  for (const index of stray) {
    const token = tokens[index];
    const line = token?.startLine ?? 0;
    if (token === undefined || token.startOffset >= before || troubledLines.has(line)) continue;
    troubledLines.add(line);
    const span = { file, start: token.startOffset, end: endOf(token) };
    const expected = `an opening bracket before \`${token.image}\``;
    sink.report("syntax", span, { expected, found: "none" });
  }
}
interface StrayClosers {
  readonly stray: readonly number[];
  /** Offset of the first error. */
  readonly before: number;
  readonly troubledLines: Set<number>;
}
