import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { quote } from "../phrase.ts";

export const sizeDiagnostics = {
  "size-mismatch": defineDiagnostic<{
    /** What compares them: "`rename{N -> M}`". */
    readonly where: string;
    /** Which size it is about: "`M`", "`H * K`". */
    readonly what: string;
    readonly needed: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "two sizes that must be equal and are not",
    message: ({ where, what, needed, found }) =>
      `${where} needs ${what} of size ${needed}, but its size is ${found}`,
    explain: explanation(
      [
        "Sizes are compared as polynomials of the sizes they are made of. Where they differ, the",
        "note shows small numbers for which they do.",
      ],
      `
module Pairs<D> {
  axis Two = 2
  axis Half = D
  fn forward(x: [.., D]) -> [.., Two, Half] {
    split{D -> Two, Half}(x)
  }
}`,
      `
module Pairs<D> where D % 2 == 0 {
  axis Two = 2
  axis Half = D / 2
  fn forward(x: [.., D]) -> [.., Two, Half] {
    split{D -> Two, Half}(x)
  }
}`,
    ),
  }),

  "unknown-size": defineDiagnostic<{ readonly axis: string; readonly where: string }>({
    severity: "error",
    title: "no way to know how large an axis is",
    message: ({ axis, where }) => `nothing in ${where} says how large axis ${quote(axis)} is`,
    hint: ({ axis }) => `declare it first: \`axis ${axis} = ...\``,
    explain: explanation(
      [
        "An axis to the right of `->` may be new if its size follows from the others. At most one",
        "size can follow, and `top` and `slice` cannot know how many elements are wanted.",
      ],
      `
module Best<N> where 5 <= N {
  fn forward(x: [N]) -> i32[] {
    sum{Few}(top{N -> Few}(x))
  }
}`,
      `
module Best<N> where 5 <= N {
  axis Few = 5
  fn forward(x: [N]) -> i32[] {
    sum{Few}(top{N -> Few}(x))
  }
}`,
    ),
  }),

  "inexact-division": defineDiagnostic<{
    readonly left: string;
    readonly right: string;
    /** Both are numbers, so that no fact can help. */
    readonly isKnown: boolean;
  }>({
    severity: "error",
    title: "a `/` of whole numbers that may leave a remainder",
    message: ({ left, right, isKnown }) =>
      isKnown
        ? `${left} / ${right} is not a whole number`
        : `${quote(`${operand(left)} / ${operand(right)}`)} may not be a whole number`,
    hint: ({ left, right, isKnown }) =>
      isKnown
        ? `\`${left} div ${right}\` rounds down`
        : `\`where ${operand(left)} % ${operand(right)} == 0\` promises it; \`div\` rounds down`,
    explain: explanation(
      [
        "`/` between whole numbers is exact and must be provable, either because one side is a",
        "multiple of the other or because a `where` promises it. The promise is checked wherever",
        "the module is made. `div` rounds down and needs no promise.",
      ],
      `
module Heads<D, Heads> {
  axis Head = D / Heads
  fn forward(x: [.., D]) -> [.., Heads, Head] {
    split{D -> Heads, Head}(x)
  }
}`,
      `
module Heads<D, Heads> where D % Heads == 0 {
  axis Head = D / Heads
  fn forward(x: [.., D]) -> [.., Heads, Head] {
    split{D -> Heads, Head}(x)
  }
}`,
    ),
  }),

  "division-by-zero": defineDiagnostic<{ readonly written: string }>({
    severity: "error",
    title: "a division by 0",
    message: ({ written }) => `${quote(written)} divides by 0`,
    explain: explanation(
      ["`/`, `div` and `%` of static numbers have no value when the right side is 0."],
      `
module Strips<D>(n: int = 4) {
  axis Strip = D div (n - 4)
  fn forward(x: [D]) -> [D] {
    x
  }
}
model M = Strips<8>()`,
      `
module Strips<D>(n: int = 4) {
  axis Strip = D div n
  fn forward(x: [D]) -> [D] {
    x
  }
}
model M = Strips<8>()`,
    ),
  }),

  "fact-false": defineDiagnostic<{
    readonly fact: string;
    /** What its names are here: "D = 10". */
    readonly values: readonly string[];
  }>({
    severity: "error",
    title: "a `where` that does not hold for this part",
    message: ({ fact, values }) =>
      values.length === 0
        ? `${quote(fact)} is needed here and does not hold`
        : `${quote(fact)} is needed here, but does not hold for ${values.join(", ")}`,
    explain: explanation(
      [
        "A `where` says what a module needs of its axes and settings. It is checked each time the",
        "module is made, with the numbers it is made with.",
      ],
      `
module Halves<D> where D % 2 == 0 {
  fn forward(x: [D]) -> [D] {
    x
  }
}
module User {
  use halves = Halves<7>()
  fn forward(x: [halves.D]) -> [halves.D] {
    halves(x)
  }
}`,
      `
module Halves<D> where D % 2 == 0 {
  fn forward(x: [D]) -> [D] {
    x
  }
}
module User {
  use halves = Halves<8>()
  fn forward(x: [halves.D]) -> [halves.D] {
    halves(x)
  }
}`,
    ),
  }),

  "fact-unknown": defineDiagnostic<{ readonly fact: string }>({
    severity: "error",
    title: "a fact that can be neither shown nor refuted",
    message: ({ fact }) => `nothing shows that ${quote(fact)} holds here`,
    hint: ({ fact }) => `\`where ${fact}\` promises it`,
    explain: explanation(
      [
        "There is no solver: sizes are put in one form and compared. A fact that does not follow",
        "this way is stated with `where` and is checked with numbers where the module is made.",
      ],
      `
fn pairs(x: [.., N]) -> [..] where N * N % 2 == N % 2 {
  sum{N}(x)
}
model M {
  mode forward(x: f32[B, N]) -> f32[B] {
    pairs(x)
  }
}`,
      `
fn pairs(x: [.., N]) -> [..] where N * N % 2 == N % 2 {
  sum{N}(x)
}
model M {
  mode forward(x: f32[B, N]) -> f32[B] where N * N % 2 == N % 2 {
    pairs(x)
  }
}`,
    ),
  }),

  "negative-size": defineDiagnostic<{
    readonly axis: string;
    /** The size as written. */
    readonly written: string;
    readonly value: string;
  }>({
    severity: "error",
    title: "a size below 0",
    message: ({ axis, written, value }) =>
      written === value
        ? `axis ${quote(axis)} would have size ${value}`
        : `axis ${quote(axis)} would have size ${value}, because it is ${quote(written)}`,
    explain: explanation(
      ["A size is a number of elements, so it is 0 or more."],
      `
module Inner<N> {
  axis Rest = N - 4
  fn forward(x: [N]) -> [Rest] {
    slice{N -> Rest}(x, from: 4)
  }
}
module User {
  use inner = Inner<3>()
  fn forward(x: [inner.N]) -> [inner.Rest] {
    inner(x)
  }
}`,
      `
module Inner<N> where 4 <= N {
  axis Rest = N - 4
  fn forward(x: [N]) -> [Rest] {
    slice{N -> Rest}(x, from: 4)
  }
}
module User {
  use inner = Inner<9>()
  fn forward(x: [inner.N]) -> [inner.Rest] {
    inner(x)
  }
}`,
    ),
  }),

  "empty-axis": defineDiagnostic<{ readonly axis: string; readonly where: string }>({
    severity: "error",
    title: "an axis of size 0 where an element is needed",
    message: ({ axis, where }) =>
      `${where} needs at least one element, but ${quote(axis)} has none`,
    explain: explanation(
      ["`max`, `min`, `mean` and `argmax` have no value over no elements; `sum` has 0."],
      `
model Peak {
  axis N = 0
  mode forward(x: f32[B, N]) -> f32[B] {
    max{N}(x)
  }
}`,
      `
model Peak {
  axis N = 16
  mode forward(x: f32[B, N]) -> f32[B] {
    max{N}(x)
  }
}`,
    ),
  }),

  "size-needed": defineDiagnostic<{
    readonly axis: string;
    readonly why: string;
    /** How to give it on the command line: `--batch 8`. */
    readonly option: string | undefined;
  }>({
    severity: "error",
    title: "a size that the plan needs as a number",
    message: ({ axis, why }) => `the size of axis ${quote(axis)} must be a number here: ${why}`,
    hint: ({ option }) => (option === undefined ? undefined : `\`${option}\` gives it`),
    explain: explanation(
      [
        "A mode is checked with its free axes symbolic. Planning memory and kernels needs some of",
        "them as numbers: those of the call, given by its inputs or by an option.",
      ],
      "weft inspect vit.weft --model ViT --mode forward --emit plan",
      "weft inspect vit.weft --model ViT --mode forward --emit plan --batch 8",
      "sh",
    ),
  }),
} as const;

/** Sums stand in parentheses beside `/` and `%`. */
function operand(text: string): string {
  return /^[\w.]+$|^\(.*\)$|^\w+\([^()]*\)$/.test(text) ? text : `(${text})`;
}
