import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { count, listOf, quote } from "../phrase.ts";

export const valueDiagnostics = {
  "tuple-size": defineDiagnostic<{ readonly needed: number; readonly found: number }>({
    severity: "error",
    title: "not one name for each value",
    message: ({ needed, found }) =>
      `${count(needed, "name")} on the left, but ${count(found, "value")} on the right`,
    hint: ({ needed, found }) => (needed < found ? "`_` drops a value" : undefined),
    explain: explanation(
      ["`let a, b = ...` takes as many values as it has names. `_` drops one that is not needed."],
      `
fn first(x: [Two = 2, N]) -> [N] {
  let a, b, c = unstack{Two}(x)
  a + b + c
}`,
      `
fn first(x: [Two = 2, N]) -> [N] {
  let a, b = unstack{Two}(x)
  a + b
}`,
    ),
  }),

  "unused-value": defineDiagnostic<
    /** An expression, by its type; or the names of a `let`, and the local that one of them hides in a loop. */
    | { readonly what: string }
    | { readonly names: readonly string[]; readonly hidden: string | undefined }
  >({
    severity: "warning",
    title: "a value that nothing uses",
    message: (value) =>
      "what" in value
        ? `nothing uses this value, ${value.what}`
        : `nothing uses ${listOf(value.names)}`,
    hint: (value) => {
      if ("what" in value) return "name it with `let ... =`, or take it out";
      const { hidden } = value;
      return hidden === undefined
        ? "take it out, or use it in what follows"
        : `${quote(`${hidden} = ...`)} replaces the outer ${quote(hidden)}`;
    },
    explain: explanation(
      [
        "A value counts as used where it reaches the result, a state, or what a stage watches, also through",
        "other names and from turn to turn of a `for`. Only the last expression of a block is its value; an",
        "expression before it does nothing. Inside a `for`, `let x = ...` makes a name that ends with the turn;",
        "`x = ...` replaces the `x` outside, so that the next turn goes on with it.",
      ],
      `
fn grown(x: [..], turns: int) -> [..] {
  for i in 0..turns {
    let x = 2.0 * x
  }
  x
}`,
      `
fn grown(x: [..], turns: int) -> [..] {
  for i in 0..turns {
    x = 2.0 * x
  }
  x
}`,
    ),
  }),

  "assign-outside-for": defineDiagnostic<{ readonly name: string }>({
    severity: "error",
    title: "an `=` that stands outside a `for`",
    message: ({ name }) => `${quote(name)} can only be replaced inside a \`for\``,
    hint: ({ name }) => `write \`let ${name} = ...\``,
    explain: explanation(
      [
        "`x = e` carries a value from one turn of a `for` to the next. Elsewhere `let` names a new one.",
      ],
      `
fn shifted(x: [..]) -> [..] {
  x = x + 1.0
  x
}`,
      `
fn shifted(x: [..]) -> [..] {
  let x = x + 1.0
  x
}`,
    ),
  }),

  "assign-type": defineDiagnostic<{
    readonly name: string;
    readonly needed: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "a replacement of another type",
    message: ({ name, needed, found }) => `${quote(name)} is ${needed}, but would become ${found}`,
    explain: explanation(
      ["Each turn of a `for` begins with what the turn before left, so its type stays the same."],
      `
fn grow(x: [N]) -> [N] {
  let y = x
  for i in 0..3 { y = sum{N}(y) }
  y
}`,
      `
fn grow(x: [N]) -> [N] {
  let y = x
  for i in 0..3 { y = y - mean{N}(y) }
  y
}`,
    ),
  }),

  "store-target": defineDiagnostic<{ readonly name: string; readonly what: string }>({
    severity: "error",
    title: "a `:=` to something that keeps no value",
    message: ({ name, what }) =>
      `${quote(name)} is ${what}; \`:=\` stores to a \`state\` or \`buffer\` of this module`,
    explain: explanation(
      [
        "`:=` stores what the next call reads. A local is named with `let`, a `param` is changed",
        "by training only.",
      ],
      `
import { zeros } from "std/initializers"
module Mean<D> {
  param average: [D] = zeros()
  fn forward(x: [D]) -> [D] {
    average := 0.9 * average + 0.1 * x
    x - average
  }
}`,
      `
import { zeros } from "std/initializers"
module Mean<D> {
  buffer average: [D] = zeros()
  fn forward(x: [D]) -> [D] {
    average := 0.9 * average + 0.1 * x
    x - average
  }
}`,
    ),
  }),

  "buffer-store": defineDiagnostic<{ readonly name: string }>({
    severity: "error",
    title: "a store to a buffer outside of training",
    message: ({ name }) =>
      `a mode stores to the buffer ${quote(name)}, which only training changes`,
    hint: () => "store under `if training`, or declare it with `state` in place of `buffer`",
    explain: explanation(
      [
        "A buffer is saved with the weights, and a mode leaves those as they are. What a mode keeps from",
        "one call to the next is a `state`.",
      ],
      `
model Meter {
  buffer total: f32[] = 0.0
  mode add(x: f32[]) -> f32[] {
    total := total + x
    total
  }
}`,
      `
model Meter {
  state total: f32[] = 0.0
  mode add(x: f32[]) -> f32[] {
    total := total + x
    total
  }
}`,
    ),
  }),

  "store-twice": defineDiagnostic<{ readonly name: string }>({
    severity: "error",
    title: "two stores to one state in one call",
    message: ({ name }) => `${quote(name)} is stored twice in one call`,
    hint: () => "compute the last value first, and store it once",
    explain: explanation(
      ["A call stores to each `state` and `buffer` at most once; later reads see the new value."],
      `
import { zeros } from "std/initializers"
module Sum<D> {
  buffer total: [D] = zeros()
  fn forward(x: [D]) -> [D] {
    total := total + x
    total := 0.5 * total
    total
  }
}`,
      `
import { zeros } from "std/initializers"
module Sum<D> {
  buffer total: [D] = zeros()
  fn forward(x: [D]) -> [D] {
    total := 0.5 * (total + x)
    total
  }
}`,
    ),
  }),

  "absent-value": defineDiagnostic<{
    readonly name: string;
    /** Why it is not there: "`biased` is false". */
    readonly why: string;
    /** The condition that decides it, where there is one. */
    readonly condition: string | undefined;
  }>({
    severity: "error",
    title: "a use of something that is not there in this instance",
    message: ({ name, why }) => `${quote(name)} is not there: ${why}`,
    hint: ({ condition }) =>
      condition === undefined ? undefined : `use it inside ${quote(`if ${condition} { ... }`)}`,
    explain: explanation(
      [
        "A part or parameter with `if` exists only where the condition holds, and `none` gives an",
        "argument that is absent. Only a branch that is not taken may mention it then.",
      ],
      `
import { zeros } from "std/initializers"
module Shift<D>(biased: bool = true) {
  param bias: [D] = zeros() if biased
  fn forward(x: [.., D]) -> [.., D] {
    x + bias
  }
}
model M {
  axis D = 4
  use shift = Shift<D>(biased: false)
  mode forward(x: f32[B, D]) -> [B, D] {
    shift(real(x))
  }
}`,
      `
import { zeros } from "std/initializers"
module Shift<D>(biased: bool = true) {
  param bias: [D] = zeros() if biased
  fn forward(x: [.., D]) -> [.., D] {
    if biased { x + bias } else { x }
  }
}
model M {
  axis D = 4
  use shift = Shift<D>(biased: false)
  mode forward(x: f32[B, D]) -> [B, D] {
    shift(real(x))
  }
}`,
    ),
  }),
} as const;
