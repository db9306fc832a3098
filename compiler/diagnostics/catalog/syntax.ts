import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { quote } from "../phrase.ts";

export const syntaxDiagnostics = {
  syntax: defineDiagnostic<{
    /** In words of the language: "a value", "`,` or `)`". */
    readonly expected: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "something that the grammar does not have here",
    message: ({ expected, found }) => `expected ${expected}, found ${found}`,
    explain: explanation(
      [
        "A declaration, statement or entry has the form that the language page gives it. After an",
        "error, reading goes on with the next one, so several errors show up in one run.",
      ],
      `
fn scale(x: [..], by float) -> [..] {
  by * x
}`,
      `
fn scale(x: [..], by: float) -> [..] {
  by * x
}`,
    ),
  }),

  "unclosed-bracket": defineDiagnostic<{ readonly opener: string; readonly closer: string }>({
    severity: "error",
    title: "a bracket that is opened and never closed",
    message: ({ opener, closer }) =>
      `expected ${quote(closer)} here: ${quote(opener)} is never closed`,
    hint: ({ closer }) => `close it with ${quote(closer)}`,
    explain: explanation(
      [
        "Every bracket is closed by its partner. Which one lacks it is judged by lines and",
        "indentation: a declaration further to the left ends whatever is still open.",
      ],
      `
fn double(x: [..]) -> [..] {
  sum{K}(x + x
}`,
      `
fn double(x: [..]) -> [..] {
  x + x
}`,
    ),
  }),

  "too-large": defineDiagnostic<{
    /** "300000 characters". */
    readonly found: string;
    readonly limit: number;
  }>({
    severity: "error",
    title: "a file that is longer than any program",
    message: ({ found, limit }) => `this file has ${found}, and ${limit} is the most that is read`,
    hint: () => "split it into files that import each other, if it is a program at all",
    explain: explanation(
      [
        "A file may have 131072 characters and 32768 words and signs, many times what the largest model",
        "needs. What is longer is mostly no program but data or a file given by mistake, and nothing of it",
        "is read. Tables of numbers belong into a checkpoint or a `.npy` file.",
      ],
      "weft check generated-tables.weft",
      "weft run model.weft --in table=tables.npy",
      "sh",
    ),
  }),

  "not-text": defineDiagnostic<Record<never, never>>({
    severity: "error",
    title: "a file that holds no text",
    message: () => "this file holds bytes that are no text",
    hint: () =>
      "a `.weft` file is text in UTF-8; pictures and weights are given with `--in` and `--weights`",
    explain: explanation(
      [
        "A source is text in UTF-8. Zeros, or many bytes that no text has, mean that another kind of file was",
        "given where a model is expected; nothing of it is read.",
      ],
      "weft check scene.jpg",
      "weft run vit.weft --model ViT --mode forward --in pixels=scene.jpg",
      "sh",
    ),
  }),

  "too-deep": defineDiagnostic<{
    /** "brackets and `else if`", "an expression". */
    readonly what: string;
    readonly limit: number;
  }>({
    severity: "error",
    title: "brackets or operators inside each other beyond any use",
    message: ({ what, limit }) => `${what} may be ${limit} levels deep, and this is deeper`,
    hint: () => "name parts of it with `let`, or move them into a `fn`",
    explain: explanation(
      [
        "Brackets stand inside each other at most 64 levels deep, an `else if` counting as one, and one",
        "expression chains at most 256 operators, calls or members. Each level takes a piece of the",
        "compiler's stack, which ends somewhere; these limits are far above what anybody can read.",
      ],
      `
fn double(x: [..]) -> [..] {
  ${"(".repeat(65)}x + x${")".repeat(65)}
}`,
      `
fn double(x: [..]) -> [..] {
  x + x
}`,
    ),
  }),

  "reserved-word": defineDiagnostic<{ readonly word: string }>({
    severity: "error",
    title: "a word of the language where a name is needed",
    message: ({ word }) => `${quote(word)} is a word of the language and cannot be a name`,
    hint: ({ word }) => `another name, such as ${quote(`${word}_`)}`,
    explain: explanation(
      [
        "`let for if else axis in and or not true false none div` are reserved. All other keywords",
        "(`model`, `param`, `state`, `step`, ...) may be names.",
      ],
      `
fn scale(x: [..], not: float) -> [..] {
  0.5 * x
}`,
      `
fn scale(x: [..], by: float) -> [..] {
  by * x
}`,
    ),
  }),

  "line-break": defineDiagnostic<{ readonly bracket: string }>({
    severity: "error",
    title: "a call or braces on the line after what they belong to",
    message: ({ bracket }) => `${quote(bracket)} stands on the line after what it belongs to`,
    hint: ({ bracket }) => `move ${quote(bracket)} to the end of the line before`,
    explain: explanation(
      [
        "There are no semicolons. `(`, `[` and `{` belong to what stands before them only on its",
        "line; on a line of their own they would begin something new.",
      ],
      `
fn total(x: [.., K]) -> [..]
{
  sum{K}(x)
}`,
      `
fn total(x: [.., K]) -> [..] {
  sum{K}(x)
}`,
    ),
  }),
} as const;
