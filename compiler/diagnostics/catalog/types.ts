import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { quote } from "../phrase.ts";

export const typeDiagnostics = {
  "dtype-mismatch": defineDiagnostic<{
    /** What needs it: "`take`", "the sides of `+`". */
    readonly where: string;
    readonly needed: string;
    readonly found: string;
    /** The conversion to write: `f32(x)`. */
    readonly conversion: string | undefined;
  }>({
    severity: "error",
    title: "elements of another type than the one that is needed",
    message: ({ where, needed, found }) => `${where} needs ${needed}, but gets ${found}`,
    hint: ({ conversion }) =>
      conversion === undefined ? undefined : `${quote(conversion)} converts it`,
    explain: explanation(
      [
        "A tensor is never converted silently. Integers become floats by `f32(...)` or `real(...)`,",
        "conditions become numbers by `where(c, 1.0, 0.0)`.",
      ],
      `
fn distance(a: i32[N], x: f32[N]) -> f32[N] {
  a - x
}`,
      `
fn distance(a: i32[N], x: f32[N]) -> f32[N] {
  f32(a) - x
}`,
    ),
  }),

  "implicit-conversion": defineDiagnostic<{
    readonly where: string;
    readonly from: string;
    readonly to: string;
    /** The conversion to write: `real(x)`. */
    readonly conversion: string;
  }>({
    severity: "error",
    title: "a conversion that must be written",
    message: ({ where, from, to }) =>
      `${where} needs ${to}, and ${from} becomes ${to} only by conversion`,
    hint: ({ conversion }) => `write ${quote(conversion)}`,
    explain: explanation(
      [
        "`real` is the working float of the precision policy and may be narrower than `f32`. Where",
        "precision is given up, the text says so.",
      ],
      `
fn narrow(x: f32[..]) -> [..] {
  x
}`,
      `
fn narrow(x: f32[..]) -> [..] {
  real(x)
}`,
    ),
  }),

  "not-static": defineDiagnostic<{
    /** What needs it: "the condition of `if`", "`stride`". */
    readonly where: string;
    readonly found: string;
    /** It chooses by the elements of a tensor, which `where` does. */
    readonly isChoice?: boolean;
  }>({
    severity: "error",
    title: "a tensor where a value known at compile time is needed",
    message: ({ where, found }) => `${where} must be known at compile time, but is ${found}`,
    hint: ({ isChoice }) => (isChoice ? "`where(c, a, b)` chooses for each element" : undefined),
    explain: explanation(
      [
        "`if`, ranges, sizes, strides and settings are decided when the model is compiled. A choice",
        "that depends on the elements of a tensor is written `where(c, a, b)`.",
      ],
      `
fn positive(x: [N]) -> [N] {
  if x > 0.0 { x } else { 0.0 * x }
}`,
      `
fn positive(x: [N]) -> [N] {
  where(x > 0.0, x, 0.0)
}`,
    ),
  }),

  "result-mismatch": defineDiagnostic<{
    readonly where: string;
    readonly needed: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "a body that does not give what its signature says",
    message: ({ where, needed, found }) => `${where} should give ${needed}, but gives ${found}`,
    explain: explanation(
      [
        "Signatures are written and bodies are checked against them. The value of a block is its",
        "last expression; a block that ends in a `let` has none. Both branches of an `if` give the",
        "same type.",
      ],
      `
fn twice(x: [..]) -> [..] {
  let y = x + x
}`,
      `
fn twice(x: [..]) -> [..] {
  x + x
}`,
    ),
  }),

  "out-of-range": defineDiagnostic<{
    /** What is looked up: "`encoder.layers`". */
    readonly where: string;
    readonly index: string;
    readonly length: number;
    /** The indices that there are, where they do not count from 0. */
    readonly indices?: readonly number[] | undefined;
  }>({
    severity: "error",
    title: "an index beyond the last one",
    message: ({ where, index, length, indices }) => {
      if (length === 0) return `${where} has no elements, so there is no index ${index}`;
      const [only] = indices ?? [];
      const found =
        indices === undefined
          ? `indices 0 to ${length - 1}`
          : indices.length === 1
            ? `no index but ${only}`
            : `the indices ${indices.join(", ")}`;
      return `${where} has ${found}, but gets ${index}`;
    },
    hint: ({ indices }) =>
      indices?.length === 1
        ? "`use a[n] = ..` makes one part, at index n; `repeat i in 0..n { use a[i] = .. }` makes n of them"
        : undefined,
    explain: explanation(
      ["Indices of parts and of lists count from 0 and are checked when the model is made."],
      `
fn pick(sizes: int = 2) -> int {
  [3, 5][2]
}`,
      `
fn pick(sizes: int = 2) -> int {
  [3, 5][1]
}`,
    ),
  }),
} as const;
