import type { IRecognitionException } from "chevrotain";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import { lineCounter, type SourceFile, type Span } from "../source/source-file.ts";
import type { ParsedTokens } from "./grammar/weft-parser.ts";
import { sourceLimits } from "./lex/limits.ts";
import { placeOfToken } from "./lex/scan.ts";
import { type Diagnosis, Diagnostician, type Place } from "./recover/diagnose-problem.ts";
import { elementInWords } from "./recover/expectations.ts";

/**
 * Puts what the parser noticed into diagnostics: one per line at most, since a second one is the first one's
 * echo. `troubledLines` are those about which something has been said; more are added.
 */
export function reportProblems(
  file: SourceFile,
  sink: DiagnosticSink,
  { tokens, brackets, problems, errors }: ParsedTokens,
  troubledLines: Set<number>,
): void {
  const lineAt = lineCounter(file);
  const diagnostician = new Diagnostician(tokens, brackets);
  const found = [
    ...problems.map(({ kind, at, element, ruleStack }) => {
      const problem = { at, expected: elementInWords(element), element, rule: ruleStack.at(-1) };
      const isLineBreak = kind === "lineBreak";
      return {
        at,
        diagnose: () =>
          isLineBreak ? diagnostician.lineBreak(at) : diagnostician.diagnose(problem),
      };
    }),
    ...errors.map((error) => {
      const at = placeOfToken(error.token)?.index ?? tokens.length;
      return { at, diagnose: () => diagnostician.diagnose(unexpected(error, at)) };
    }),
  ].sort((a, b) => a.at - b.at);
  for (const { diagnose } of found.slice(0, sourceLimits.reports)) {
    const diagnosis = diagnose();
    const line = lineAt(diagnosis.place.start);
    if (!troubledLines.has(line)) report(file, sink, diagnosis);
    troubledLines.add(line);
  }
}

function unexpected(error: IRecognitionException, at: number) {
  return { at, expected: error.message, element: undefined, rule: error.context.ruleStack.at(-1) };
}

function report(file: SourceFile, sink: DiagnosticSink, diagnosis: Diagnosis): void {
  const spanOf = ({ start, end }: Place): Span => ({ file, start, end });
  const span = spanOf(diagnosis.place);
  switch (diagnosis.code) {
    case "line-break": {
      const { bracket, owner } = diagnosis;
      const related = owner && [{ span: spanOf(owner), text: "belongs here, on the same line" }];
      sink.report("line-break", span, { bracket }, related && { related });
      break;
    }
    case "reserved-word":
      sink.report("reserved-word", span, { word: diagnosis.word });
      break;
    case "unclosed-bracket": {
      const { opener, closer, opened } = diagnosis;
      const related = [{ span: spanOf(opened), text: "opened here" }];
      const label = `expected \`${closer}\` after this`;
      sink.report("unclosed-bracket", span, { opener, closer }, { label, related });
      break;
    }
    case "syntax": {
      const { expected, found, hint } = diagnosis;
      sink.report("syntax", span, { expected, found }, { hint });
      break;
    }
  }
}
