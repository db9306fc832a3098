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
