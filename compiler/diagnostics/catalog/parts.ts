import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { listOf, quote } from "../phrase.ts";

export const partDiagnostics = {
  "not-a-part": defineDiagnostic<{ readonly name: string; readonly what: string }>({
    severity: "error",
    title: "a part made of something that is no module",
    message: ({ name, what }) => `${quote(name)} is ${what}, but a part is made of a module`,
    explain: explanation(
      ["`use` and `slot` make instances of modules. A fn has no storage and is called directly."],
      `
import { gelu } from "std/functions"
module Act {
  use act = gelu()
  fn forward(x: [..]) -> [..] {
    act(x)
  }
}`,
      `
import { gelu } from "std/functions"
module Act {
  fn forward(x: [..]) -> [..] {
    gelu(x)
  }
}`,
    ),
  }),

  "interface-mismatch": defineDiagnostic<{
    readonly part: string;
    readonly needed: string;
    /** "it has no fn `forward`", "its `forward` gives [D], not [.., D]". */
    readonly reason: string;
  }>({
    severity: "error",
    title: "a part that does not fit the interface of its slot",
    message: ({ part, needed, reason }) =>
      `${quote(part)} does not fit ${quote(needed)}: ${reason}`,
    explain: explanation(
      [
        "A part fits a slot if it has every setting, axis and fn of the interface with equal types.",
        "What it has beyond that does no harm.",
      ],
      `
interface Act {
  fn forward(x: [..]) -> [..]
}
module Twice {
  fn apply(x: [..]) -> [..] {
    x + x
  }
}
module User {
  slot act: Act = Twice()
  fn forward(x: [..]) -> [..] {
    act(x)
  }
}`,
      `
interface Act {
  fn forward(x: [..]) -> [..]
}
module Twice {
  fn forward(x: [..]) -> [..] {
    x + x
  }
}
module User {
  slot act: Act = Twice()
  fn forward(x: [..]) -> [..] {
    act(x)
  }
}`,
    ),
  }),

  "outside-interface": defineDiagnostic<{
    readonly slot: string;
    readonly needed: string;
    readonly name: string;
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a member of a slot's part that its interface does not promise",
    message: ({ slot, needed, name }) =>
      `${quote(slot)} is a slot for ${quote(needed)}, which does not promise ${quote(name)}`,
    hint: ({ available }) =>
      available.length > 0 ? `it promises ${listOf(available)}` : undefined,
    explain: explanation(
      [
        "A slot can be filled with another part by an experiment. So only what the interface lists",
        "may be used of it, and every replacement type-checks.",
      ],
      `
interface Act {
  fn forward(x: [..]) -> [..]
}
module Power(exponent: float = 2.0) {
  fn forward(x: [..]) -> [..] {
    x ^ exponent
  }
}
module User {
  slot act: Act = Power()
  fn forward(x: [..]) -> [..] {
    act(x) ^ (1.0 / act.exponent)
  }
}`,
      `
interface Act(exponent: float) {
  fn forward(x: [..]) -> [..]
}
module Power(exponent: float = 2.0) {
  fn forward(x: [..]) -> [..] {
    x ^ exponent
  }
}
module User {
  slot act: Act = Power()
  fn forward(x: [..]) -> [..] {
    act(x) ^ (1.0 / act.exponent)
  }
}`,
    ),
  }),

  "path-taken": defineDiagnostic<{ readonly path: string }>({
    severity: "error",
    title: "two declarations of one path",
    message: ({ path }) => `the path ${quote(path)} is taken`,
    explain: explanation(
      [
        "A parameter's path is its key in a checkpoint, so each path has one owner. A path may be",
        "dotted without a module in between, but not into a part that is there.",
      ],
      `
import { ones } from "std/initializers"
import { LayerNorm } from "std/layers"
module Two<D> {
  use norm = LayerNorm<D>()
  param norm.weight: [D] = ones()
  fn forward(x: [.., D]) -> [.., D] {
    norm(x)
  }
}`,
      `
import { ones } from "std/initializers"
import { LayerNorm } from "std/layers"
module Two<D> {
  use norm = LayerNorm<D>()
  param scale.weight: [D] = ones()
  fn forward(x: [.., D]) -> [.., D] {
    scale.weight * norm(x)
  }
}`,
    ),
  }),

  "unreached-part": defineDiagnostic<{ readonly path: string }>({
    severity: "warning",
    title: "a part that no mode and no stage reaches",
    message: ({ path }) => `${quote(path)} is in no mode and no stage`,
    hint: () => "use it in a fn that a mode calls, or take it out",
    explain: explanation(
      ["A part that nothing reaches has a path and no storage. Often a call was forgotten."],
      `
import { LayerNorm } from "std/layers"
model M {
  axis D = 4
  use norm = LayerNorm<D>()
  mode forward(x: f32[B, D]) -> [B, D] {
    real(x)
  }
}`,
      `
import { LayerNorm } from "std/layers"
model M {
  axis D = 4
  use norm = LayerNorm<D>()
  mode forward(x: f32[B, D]) -> [B, D] {
    norm(real(x))
  }
}`,
    ),
  }),

  "state-axes": defineDiagnostic<{
    readonly state: string;
    readonly first: string;
    readonly second: string;
  }>({
    severity: "error",
    title: "two steps that bind the free axes of a state differently",
    message: ({ state, first, second }) =>
      `${quote(state)} is ${first} in one call and ${second} in another`,
    explain: explanation(
      [
        "The free axes of a state are bound by the first call that touches it; all other calls of",
        "the mode share the state and must agree.",
      ],
      `
module Last {
  state seen: [..] = 0.0
  fn forward(x: [..]) -> [..] {
    seen := x
    x
  }
}
model M {
  axis D = 4
  use last = Last()
  mode forward(x: [B, D], y: [B]) -> [B, D] {
    last(x) + last(y)
  }
}`,
      `
module Last {
  state seen: [..] = 0.0
  fn forward(x: [..]) -> [..] {
    seen := x
    x
  }
}
model M {
  axis D = 4
  use last = Last()
  mode forward(x: [B, D], y: [B]) -> [B, D] {
    last(x + y)
  }
}`,
    ),
  }),

  "gradient-through": defineDiagnostic<{
    readonly path: string;
    /** Other parameters of the line of which the same holds. */
    readonly more: number;
    readonly operation: string;
  }>({
    severity: "warning",
    title: "a trained parameter that reaches the loss only through a step",
    message: ({ path, more, operation }) =>
      more === 0
        ? `${quote(path)} reaches the loss only through ${quote(operation)}, which has no gradient`
        : `${quote(path)} and ${more} more reach the loss only through operations without a gradient, as ${quote(operation)}`,
    explain: explanation(
      [
        "`argmax`, `top` and comparisons are constant almost everywhere, so nothing is learnt through them.",
      ],
      `
stage learn of Chat(x: f32[B, D], best: i32[B]) {
  train everything else at lr 1e-3
  loss {
    mean{B}(abs(f32(argmax{D}(forward(x)) - best)))
  }
}`,
      `
stage learn of Chat(x: f32[B, D], best: i32[B]) {
  train everything else at lr 1e-3
  loss {
    mean{B}(f32(-take{D: best}(forward(x))))
  }
}`,
    ),
  }),
} as const;
