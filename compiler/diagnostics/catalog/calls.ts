import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { listOf, type Named, named, nearestHint, quote } from "../phrase.ts";

export const callDiagnostics = {
  "wrong-arity": defineDiagnostic<{
    /** What is called or made, with backquotes. */
    readonly callee: string;
    /** "2 arguments", "1 to 3 axes", "at least 1 tensor". */
    readonly needed: string;
    readonly found: number;
    readonly signature: string;
  }>({
    severity: "error",
    title: "too many or too few arguments, axes or braces",
    message: ({ callee, needed, found }) => `${callee} takes ${needed}, but gets ${found}`,
    hint: ({ signature }) => `its form is ${quote(signature)}`,
    explain: explanation(
      ["Arguments in `( )`, axes in `{ }` and axes in `< >` are counted against the declaration."],
      `
fn scaled(x: [..], by: float) -> [..] {
  by * x
}
fn doubled(x: [..]) -> [..] {
  scaled(x, 2.0, 1.0)
}`,
      `
fn scaled(x: [..], by: float) -> [..] {
  by * x
}
fn doubled(x: [..]) -> [..] {
  scaled(x, 2.0)
}`,
    ),
  }),

  "unknown-argument": defineDiagnostic<{
    readonly callee: string;
    readonly name: string;
    readonly nearest: readonly string[];
    readonly signature: string;
  }>({
    severity: "error",
    title: "an argument name that the callee does not have",
    message: ({ callee, name }) => `${callee} has no parameter ${quote(name)}`,
    hint: ({ nearest, signature }) => nearestHint(nearest) ?? `its form is ${quote(signature)}`,
    explain: explanation(
      ["An argument may be given by the name of its parameter; the name must be one of them."],
      `
fn scaled(x: [..], by: float) -> [..] {
  by * x
}
fn doubled(x: [..]) -> [..] {
  scaled(x, factor: 2.0)
}`,
      `
fn scaled(x: [..], by: float) -> [..] {
  by * x
}
fn doubled(x: [..]) -> [..] {
  scaled(x, by: 2.0)
}`,
    ),
  }),

  "missing-argument": defineDiagnostic<{
    readonly callee: string;
    readonly name: string;
    readonly signature: string;
  }>({
    severity: "error",
    title: "a parameter without default that gets nothing",
    message: ({ callee, name }) => `${callee} needs ${quote(name)}, which has no default`,
    hint: ({ signature }) => `its form is ${quote(signature)}`,
    explain: explanation(
      ["A parameter or formal axis without `= default` must be given wherever it is used."],
      `
fn scaled(x: [..], by: float) -> [..] {
  by * x
}
fn doubled(x: [..]) -> [..] {
  scaled(x)
}`,
      `
fn scaled(x: [..], by: float = 2.0) -> [..] {
  by * x
}
fn doubled(x: [..]) -> [..] {
  scaled(x)
}`,
    ),
  }),

  "argument-type": defineDiagnostic<{
    readonly callee: string;
    readonly name: Named;
    readonly needed: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "an argument of another type than its parameter",
    message: ({ callee, name, needed, found }) =>
      `${named(name)} of ${callee} needs ${needed}, but gets ${found}`,
    explain: explanation(
      [
        "Settings are `int`, `float`, `bool`, `string`, `fn`, `init`, and tuples and lists of them.",
        "An `int` fits where a `float` is needed; nothing else changes by itself.",
      ],
      `
module Repeat(times: int = 1) {
  fn forward(x: [..]) -> [..] {
    x
  }
}
module User {
  use again = Repeat(times: 1.5)
  fn forward(x: [..]) -> [..] {
    again(x)
  }
}`,
      `
module Repeat(times: int = 1) {
  fn forward(x: [..]) -> [..] {
    x
  }
}
module User {
  use again = Repeat(times: 2)
  fn forward(x: [..]) -> [..] {
    again(x)
  }
}`,
    ),
  }),

  "not-callable": defineDiagnostic<{ readonly name: string; readonly what: string }>({
    severity: "error",
    title: "a call of something that is no fn and no part",
    message: ({ name, what }) => `${quote(name)} is ${what}, which cannot be called`,
    explain: explanation(
      ["Fns, parts with a `forward`, primitives and settings of type `fn` can be called."],
      `
fn twice(x: [..]) -> [..] {
  let two = 2.0
  two(x)
}`,
      `
fn twice(x: [..]) -> [..] {
  let two = 2.0
  two * x
}`,
    ),
  }),

  "no-such-fn": defineDiagnostic<{
    readonly part: string;
    readonly name: string;
    /** The fns that it has. */
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a fn that the part does not have",
    message: ({ part, name }) => `${quote(part)} has no fn ${quote(name)}`,
    hint: ({ available }) => (available.length > 0 ? `it has ${listOf(available)}` : undefined),
    explain: explanation(
      ["`part(x)` calls `forward` of the part; any other fn is called by name, `part.decode(x)`."],
      `
module Twice {
  fn forward(x: [..]) -> [..] {
    x + x
  }
}
module User {
  use twice = Twice()
  fn forward(x: [..]) -> [..] {
    twice.apply(x)
  }
}`,
      `
module Twice {
  fn forward(x: [..]) -> [..] {
    x + x
  }
}
module User {
  use twice = Twice()
  fn forward(x: [..]) -> [..] {
    twice(x)
  }
}`,
    ),
  }),

  "no-such-member": defineDiagnostic<{
    readonly part: string;
    readonly name: string;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "a member that the part does not have",
    message: ({ part, name }) => `${quote(part)} has no member ${quote(name)}`,
    hint: ({ nearest }) => nearestHint(nearest),
    explain: explanation(
      ["Of a part one can name its axes, settings, parts, parameters and fns."],
      `
module Halves<D> where D % 2 == 0 {
  axis Half = D / 2
  fn forward(x: [D]) -> [D] {
    x
  }
}
module User {
  use halves = Halves<8>()
  axis Part = halves.Hal
}`,
      `
module Halves<D> where D % 2 == 0 {
  axis Half = D / 2
  fn forward(x: [D]) -> [D] {
    x
  }
}
module User {
  use halves = Halves<8>()
  axis Part = halves.Half
}`,
    ),
  }),
} as const;
