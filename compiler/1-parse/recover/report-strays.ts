import { quote } from "../../diagnostics/phrase.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SourceFile } from "../../source/source-file.ts";
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

/** Reports what is in no token. */
export function reportStrays(
  file: SourceFile,
  strays: readonly StrayText[],
  sink: DiagnosticSink,
): void {
  const lines = new Set<number>();
  for (const { kind, text, start, end, line } of strays) {
    if (lines.has(line)) continue;
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
    const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
    sink.report(
      "syntax",
      { file, start, end },
      { expected: "a word or sign of the language", found: quote(text) },
      hint === undefined ? {} : { hint },
    );
  }
}
