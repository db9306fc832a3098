import { quote } from "../../diagnostics/phrase.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { sourceLimits } from "../lex/limits.ts";
import type { StrayText } from "../lex/scan.ts";

/** Signs of other languages, and what does their work in this one. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^;/, "there are no semicolons: one statement per line"],
  [/^['`]/, 'strings stand in `"`'],
  [/^#/, "comments begin with `//`"],
  [/^&/, "write `and`"],
  [/^\|/, "write `or`"],
  [/^!/, "write `not`"],
  [/^@/, "a matrix product is a sum of products: `sum{K}(x * w)`"],
];

/** Characters of a run that a message repeats; the frame shows the line. */
const mostShown = 40;

/** Reports what is in no token. */
export function reportStrays(
  file: SourceFile,
  strays: readonly StrayText[],
  sink: DiagnosticSink,
): void {
  const lines = new Set<number>();
  for (const { kind, start, end, line } of strays) {
    if (lines.has(line)) continue;
    if (lines.size === sourceLimits.reports) break;
    lines.add(line);
    if (kind === "string") {
      const hint = 'a string ends on its line, with `"`';
      sink.report(
        "syntax",
        { file, start, end },
        { expected: "the end of the string", found: "the end of the line" },
        { hint },
      );
      continue;
    }
    const text = file.text.slice(start, end);
    const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
    sink.report(
      "syntax",
      { file, start, end },
      {
        expected: "a word or sign of the language",
        found: quote(text.length > mostShown ? `${text.slice(0, mostShown)}...` : text),
      },
      { hint },
    );
  }
}
