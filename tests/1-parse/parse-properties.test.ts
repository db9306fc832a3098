import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WeftParser } from "../../compiler/1-parse/grammar/weft-parser.ts";
import { scan } from "../../compiler/1-parse/lex/scan.ts";
import { parse } from "../../compiler/1-parse/parse.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { weftTexts } from "../support/texts/weft-texts.ts";

// One seed, so that a failure is everybody's: other seeds are for trying by hand.
fc.configureGlobal({ seed: 20240 });

const texts = weftTexts("stdlib", "models");
const plainParser = new WeftParser({ recovers: false });

/** Is this in the grammar? Said by the same rules without any of the recovery. */
function isInGrammar(text: string): boolean {
  const { tokens, strays } = scan({ path: "test.weft", text });
  const { problems, errors } = plainParser.parseTokens(tokens);
  return strays.length === 0 && problems.length === 0 && errors.length === 0;
}

/** Messages about a text of the grammar, but for the few rules that the grammar cannot say. */
function messagesBeyondGrammar(sink: DiagnosticSink): readonly string[] {
  const known =
    /^expected (the end of the (line|comparison)|a declaration),|stands on the line after/;
  return sink.diagnostics.map(({ message }) => message).filter((message) => !known.test(message));
}

const intruders = [
  ...[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    ",",
    ":",
    ".",
    "..",
    "->",
    "=",
    ":=",
    "==",
    "|>",
    "+",
    "-",
    "++",
  ],
  ...[
    "let",
    "for",
    "in",
    "if",
    "else",
    "axis",
    "not",
    "div",
    "fn",
    "use",
    "module",
    "x",
    "3",
    "0.5",
    '"s"',
    "@",
    '"',
  ],
];

/** A short text, so that one mistake is often the whole story. */
const edit = fc.record({
  file: fc.integer({ min: 0, max: texts.length - 1 }),
  /** Where, as a part of the file. */
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  kind: fc.constantFrom("delete", "insert", "replace", "swap" as const),
  intruder: fc.constantFrom(...intruders),
});
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function apply(text: string, { at, kind, intruder }: Edit): string {
  const { tokens } = scan({ path: "test.weft", text });
  const index = Math.floor(at * (tokens.length - 1));
  const [token, next] = [tokens[index], tokens[index + 1]];
  if (token === undefined || next === undefined) return text;
  const start = token.startOffset;
  const end = start + token.image.length;
  const nextEnd = next.startOffset + next.image.length;
  switch (kind) {
    case "delete":
      return text.slice(0, start) + text.slice(end);
    case "insert":
      return `${text.slice(0, start)}${intruder} ${text.slice(start)}`;
    case "replace":
      return text.slice(0, start) + intruder + text.slice(end);
    default:
      return (
        text.slice(0, start) +
        next.image +
        text.slice(end, next.startOffset) +
        token.image +
        text.slice(nextEnd)
      );
  }
}

describe("a text with random mistakes", () => {
  test("is read to its end, and what is not in the language is reported", () => {
    fc.assert(
      fc.property(edit, fc.array(edit, { maxLength: 2 }), (first, others) => {
        const original = texts[first.file]?.text ?? "";
        const text = [first, ...others].reduce(apply, original);
        const file = { path: "test.weft", text };
        const sink = new DiagnosticSink();
        parse(file, sink);
        if (!isInGrammar(text)) expect(sink.hasErrors).toBe(true);
        else expect(messagesBeyondGrammar(sink)).toEqual([]);
        for (const { primary } of sink.diagnostics) {
          expect(primary.span.start).toBeGreaterThanOrEqual(0);
          expect(primary.span.end).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 250 },
    );
  });

  test("has few messages about one mistake", () => {
    const counts: number[] = [];
    fc.assert(
      fc.property(edit, (only) => {
        const sink = new DiagnosticSink();
        parse({ path: "test.weft", text: apply(texts[only.file]?.text ?? "", only) }, sink);
        counts.push(sink.diagnostics.length);
        expect(sink.diagnostics.length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 200 },
    );
    const wrong = counts.filter((count) => count > 0);
    const mean = wrong.reduce((sum, count) => sum + count, 0) / wrong.length;
    expect(mean).toBeLessThan(1.3);
  });

  test("may be any text at all", () => {
    const junk = fc.array(
      fc.oneof(fc.constantFrom(...intruders, "\n", " ", "//", "///"), fc.string()),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(junk, (parts) => {
        const text = parts.join("");
        const sink = new DiagnosticSink();
        parse({ path: "test.weft", text }, sink);
        if (!isInGrammar(text)) expect(sink.hasErrors).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
