import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { nearestHint, quote } from "../phrase.ts";

export const nameDiagnostics = {
  "unknown-name": defineDiagnostic<{
    /** What was looked for, "name" if left out: "module", "interface", "setting". */
    readonly kind?: string;
    readonly name: string;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "a name that nothing declares",
    message: ({ kind = "name", name }) => `there is no ${kind} ${quote(name)} here`,
    hint: ({ nearest }) => nearestHint(nearest),
    explain: explanation(
      [
        "Names are looked up in the block, the fn, the module, the imports, and the primitives.",
        "Nothing else is implicit: functions of the standard library are imported.",
      ],
      `
fn soft(x: [.., K]) -> [.., K] {
  gelu(x)
}`,
      `
import { gelu } from "std/functions"
fn soft(x: [.., K]) -> [.., K] {
  gelu(x)
}`,
    ),
  }),

  "unknown-import": defineDiagnostic<{
    readonly name: string;
    /** The file that lacks the name; undefined where the file itself is not there. */
    readonly from: string | undefined;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "an import of a file or name that does not exist",
    message: ({ name, from }) =>
      from === undefined
        ? `there is no file ${quote(name)}`
        : `${quote(from)} has no ${quote(name)}`,
    hint: ({ nearest }) => nearestHint(nearest),
    explain: explanation(
      [
        "A path starts with `std/` for the standard library; any other is relative to the file",
        "that imports. The ending `.weft` is left out.",
      ],
      `
import { gelu } from "std/function"
fn soft(x: [..]) -> [..] {
  gelu(x)
}`,
      `
import { gelu } from "std/functions"
fn soft(x: [..]) -> [..] {
  gelu(x)
}`,
    ),
  }),

  "unused-import": defineDiagnostic<{ readonly name: string; readonly from: string }>({
    severity: "warning",
    title: "an imported name that is not used",
    message: ({ name, from }) => `${quote(name)} of ${quote(from)} is imported and not used`,
    hint: ({ name }) => `take ${quote(name)} out of the import`,
    explain: explanation(
      ["Imports say what a file rests on, so they list what it uses and no more."],
      `
import { gelu, silu } from "std/functions"
fn soft(x: [..]) -> [..] {
  gelu(x)
}`,
      `
import { gelu } from "std/functions"
fn soft(x: [..]) -> [..] {
  gelu(x)
}`,
    ),
  }),

  "shadowed-name": defineDiagnostic<{
    readonly name: string;
    /** What has the name already: "an axis of this module", "a primitive". */
    readonly what: string;
  }>({
    severity: "error",
    title: "a name that hides another one",
    message: ({ name, what }) => `${quote(name)} is already the name of ${what}`,
    hint: ({ name }) => `choose another name than ${quote(name)}`,
    explain: explanation(
      [
        "A `let` may use the name of an earlier `let`, of a parameter of the fn or of a primitive",
        "again. Any other name means one thing in one place: an axis, a setting, a part or an import",
        "cannot be hidden.",
      ],
      `
module Half<D> {
  fn forward(x: [.., D]) -> [.., D] {
    let D = 0.5
    D * x
  }
}`,
      `
module Half<D> {
  fn forward(x: [.., D]) -> [.., D] {
    let factor = 0.5
    factor * x
  }
}`,
    ),
  }),

  "declared-twice": defineDiagnostic<{
    readonly name: string;
    /** Where both are: "this file", "`Block`", "the parameters of `forward`". */
    readonly where: string;
  }>({
    severity: "error",
    title: "one name declared twice",
    message: ({ name, where }) => `${quote(name)} is declared twice in ${where}`,
    explain: explanation(
      ["A name of a file, a module or a list of parameters belongs to one declaration."],
      `
fn double(x: [..]) -> [..] {
  x + x
}
fn double(x: [..]) -> [..] {
  2.0 * x
}`,
      `
fn double(x: [..]) -> [..] {
  2.0 * x
}`,
    ),
  }),

  "import-cycle": defineDiagnostic<{ readonly files: readonly string[] }>({
    severity: "error",
    title: "files that import each other",
    message: ({ files }) => `files import each other: ${files.map(quote).join(" -> ")}`,
    hint: () => "move what both need into a third file",
    explain: explanation(
      ["Imports must have an order. Here `a.weft` imports `b.weft`, which imports `a.weft`."],
      `
// a.weft
import { half } from "b"
fn quarter(x: [..]) -> [..] {
  half(half(x))
}
// and b.weft imports quarter from "a"`,
      `
// a.weft
import { half } from "b"
fn quarter(x: [..]) -> [..] {
  half(half(x))
}
// and b.weft imports nothing from "a"`,
    ),
  }),

  recursion: defineDiagnostic<{ readonly names: readonly string[] }>({
    severity: "error",
    title: "a module or fn that needs itself",
    message: ({ names }) =>
      new Set(names).size > 1
        ? `${quote(names[0] ?? "")} needs itself: ${names.map(quote).join(" -> ")}`
        : `${quote(names[0] ?? "")} needs itself`,
    hint: () => "for depth, `repeat` makes many parts and `for` runs one after the other",
    explain: explanation(
      [
        "Everything in Weft ends: modules do not contain themselves and fns do not call themselves.",
        "Depth is a `repeat` of parts and a `for` over them.",
      ],
      `
fn shrink(x: [..]) -> [..] {
  shrink(0.5 * x)
}`,
      `
fn shrink(x: [..], times: int) -> [..] {
  let y = x
  for i in 0..times { y = 0.5 * y }
  y
}`,
    ),
  }),
} as const;
