import { describe, expect, test } from "vitest";
import { format } from "../../compiler/1-parse/format/format.ts";
import { sourceLimits } from "../../compiler/1-parse/lex/limits.ts";
import { parse } from "../../compiler/1-parse/parse.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";

const inFn = (value: string) => `fn f(x: [..]) -> [..] {\n  ${value}\n}\n`;
const { characters, tokens, depth, chain } = sourceLimits;

/** Codes of one text; a formatter must find the same. */
function codesOf(text: string): readonly string[] {
  const codes = [parse, format].map((read) => {
    const sink = new DiagnosticSink();
    read({ path: "test.weft", text }, sink);
    return sink.diagnostics.map(({ code }) => code);
  });
  expect(codes[1]).toEqual(codes[0]);
  return codes[0] ?? [];
}

describe("texts at the limit are read, and one step beyond is one diagnostic", () => {
  const around = (open: string, close: string) => (levels: number) =>
    inFn(`${open.repeat(levels)}x${close.repeat(levels)}`);
  test.each<[string, (levels: number) => string, number]>([
    ["parentheses", around("(", ")"), depth - 1],
    ["brackets", around("[", "]"), depth - 1],
    ["calls", around("f(", ")"), depth - 1],
    ["indices", around("x[", "]"), depth - 1],
    ["blocks", around("for i in 0..1 {\n", "\n}"), depth - 1],
    [
      "else if",
      (levels) => inFn(`if a { x }${" else if b { x }".repeat(levels)} else { x }`),
      depth - 2,
    ],
    ["terms", (levels) => inFn(`x${" + x".repeat(levels)}`), chain],
    ["powers", (levels) => inFn(`x${" ^ x".repeat(levels)}`), chain],
    ["signs", (levels) => inFn(`${"-".repeat(levels)}x`), chain],
    ["members", (levels) => inFn(`x${".y".repeat(levels)}`), chain],
    ["sizes", (levels) => `model M {\n  axis A = 1${" + 1".repeat(levels)}\n}\n`, chain],
    ["joins", (levels) => `model M {\n  axis A = 1${" ++ 1".repeat(levels)}\n}\n`, chain - 1],
    ["paths", (levels) => `model M {\n  axis A = a${".b".repeat(levels)}\n}\n`, chain],
  ])("%s", (_, textOf, most) => {
    expect(codesOf(textOf(most))).toEqual([]);
    expect(codesOf(textOf(most + 1))).toEqual(["too-deep"]);
  });

  test("characters and tokens", () => {
    const comment = "// a\n".repeat(characters / 5);
    expect(codesOf(`${comment.padEnd(characters)}`)).toEqual([]);
    expect(codesOf(`${comment.padEnd(characters + 1)}`)).toEqual(["too-large"]);
    const line = "fn f() -> int { 1 }\n"; // 9 tokens
    expect(codesOf(line.repeat(Math.floor(tokens / 9)))).toEqual([]);
    expect(codesOf(line.repeat(Math.ceil(tokens / 9) + 1))).toEqual(["too-large"]);
  });

  test("`else if` after each other in separate statements are no chain", () => {
    expect(codesOf(inFn("let a = if b { x } else if c { x } else { x }\n".repeat(200)))).toEqual(
      [],
    );
  });
});

test("what is no text is one diagnostic, and a stray sign is none of that", () => {
  expect(codesOf("model M {\0}")).toEqual(["not-text"]);
  expect(codesOf("\ufffd\ufffd\u0010JFIF")).toEqual(["not-text"]);
  expect(codesOf("// \ufffd is what a reader shows for what it cannot read\n")).toEqual([]);
});

test("what is opened and never closed goes as deep", () => {
  for (const opener of ["(", "[", "{", "f(", "x[", "- (", "if (", "A<(", "for i in 0..1 {\n"])
    expect(codesOf(inFn(opener.repeat(5000)))).toEqual(["too-deep"]);
});

test("nor does a bracket of another kind end what is open", () => {
  for (const broken of ["if x >N] {\n", "f(x] ", "[x) ", "{ x) "])
    expect(codesOf(inFn(broken.repeat(500)))).toEqual(["too-deep"]);
});
