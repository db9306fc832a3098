import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { count, listOf, nearestHint, quote, sized } from "../phrase.ts";

export const axisDiagnostics = {
  "unknown-axis": defineDiagnostic<{ readonly name: string; readonly nearest: readonly string[] }>({
    severity: "error",
    title: "an axis name that nothing declares",
    message: ({ name }) => `there is no axis ${quote(name)} here`,
    hint: ({ nearest }) => nearestHint(nearest),
    explain: explanation(
      [
        "Axes come from the `<...>` of a module, from `axis` lines, from the types of a fn's",
        "parameters, and from parts (`fc1.Out`). An operation can only name one of these.",
      ],
      `
fn average(x: [B, N]) -> [B] {
  mean{M}(x)
}`,
      `
fn average(x: [B, N]) -> [B] {
  mean{N}(x)
}`,
    ),
  }),

  "duplicate-axis": defineDiagnostic<{
    readonly axis: string;
    /** What has it twice: "`merge{H, K -> D}`", "the type `[N, N]`". */
    readonly where: string;
    /** It is a type as written, not a tensor that is made. */
    readonly isType?: true;
  }>({
    severity: "error",
    title: "one axis twice in a tensor",
    message: ({ axis, where }) => `${where} would have axis ${quote(axis)} twice`,
    hint: ({ axis, isType }) =>
      isType
        ? `each axis of a type has its own name, such as ${quote(axis)} and ${quote(`${axis}2`)}`
        : `${quote(`axis ${axis}2 = ${axis}`)} makes another axis of the same size, and ${quote(`rename{${axis} -> ${axis}2}(...)`)} changes to it`,
    explain: explanation(
      [
        "A tensor has each axis at most once, because operations find axes by name. Where two",
        "of the same size are needed, `axis M = N` makes a twin, and `rename` changes over to it.",
      ],
      `
fn gram(x: [N, D]) -> [N, N] {
  sum{D}(x * x)
}`,
      `
fn gram{M}(x: [N, D]) -> [N, M] where M == N {
  sum{D}(x * rename{N -> M}(x))
}`,
    ),
  }),

  "missing-axis": defineDiagnostic<{
    readonly axes: readonly string[];
    /** What needs them: "`norm1`", "the result of `forward`". */
    readonly where: string;
    /** The type that was found: `[B, N]`. */
    readonly found: string;
    /** What is written there. */
    readonly text?: string;
  }>({
    severity: "error",
    title: "a declared axis that a tensor lacks",
    message: ({ axes, where, found }) =>
      `${where} needs ${axisOrAxes(axes)} ${listOf(axes)}, but gets ${found}`,
    hint: ({ axes, text = "..." }) =>
      `${quote(`expand{${axes.join(", ")}}(${text})`)} repeats a tensor along it`,
    explain: explanation(
      [
        "Inside an expression a missing axis is broadcast. At a signature it is not: what is",
        "declared must be there, so that a forgotten axis is found where it was forgotten.",
      ],
      `
fn shift(x: [B, D], by: [D]) -> [B, D] {
  by
}`,
      `
fn shift(x: [B, D], by: [D]) -> [B, D] {
  x + by
}`,
    ),
  }),

  "extra-axis": defineDiagnostic<{
    readonly axes: readonly string[];
    readonly where: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "an axis that a parameter or result has no place for",
    message: ({ axes, where, found }) =>
      `${where} has no place for ${axisOrAxes(axes)} ${listOf(axes)} of ${found}`,
    hint: () => "`..` in a type takes any further axes",
    explain: explanation(
      [
        "A parameter takes the axes of its type and no others, unless the type has `..`, which",
        "takes any further ones and gives them to the result.",
      ],
      `
module Length<D> {
  fn forward(x: [D]) -> [] {
    sqrt(sum{D}(x * x))
  }
}
module Lengths<D> {
  use length = Length<D>()
  fn forward(x: [B, D]) -> [B] {
    length(x)
  }
}`,
      `
module Length<D> {
  fn forward(x: [.., D]) -> [..] {
    sqrt(sum{D}(x * x))
  }
}
module Lengths<D> {
  use length = Length<D>()
  fn forward(x: [B, D]) -> [B] {
    length(x)
  }
}`,
    ),
  }),

  "axis-mismatch": defineDiagnostic<{
    readonly where: string;
    readonly needed: string;
    readonly neededSize: string | undefined;
    readonly found: string;
    readonly foundSize: string | undefined;
  }>({
    severity: "error",
    title: "another axis than the one that is needed, even of equal size",
    message: ({ where, needed, neededSize, found, foundSize }) =>
      `${where} needs axis ${sized(needed, neededSize)}, but gets ${sized(found, foundSize)}`,
    explain: explanation(
      [
        "Axes match by identity, never by size: a width of 64 is not a sequence of 64. Where the",
        "other axis is meant, `rename` says so; where it is not, the part was made over a wrong one.",
      ],
      `
import { Linear } from "std/layers"
module Head<D, Class> {
  use proj = Linear<Class, D>()
  fn forward(x: [B, D]) -> [B, Class] {
    proj(x)
  }
}`,
      `
import { Linear } from "std/layers"
module Head<D, Class> {
  use proj = Linear<D, Class>()
  fn forward(x: [B, D]) -> [B, Class] {
    proj(x)
  }
}`,
    ),
  }),

  "unbound-axis": defineDiagnostic<{
    readonly axis: string;
    /** Whose axis it is; undefined where a mere size stands for an axis. */
    readonly where: string | undefined;
  }>({
    severity: "error",
    title: "nothing says which axis is meant",
    message: ({ axis, where }) =>
      where === undefined
        ? `an axis is needed here, and ${quote(axis)} is only a size`
        : `nothing says which axis ${quote(axis)} of ${where} is`,
    hint: ({ axis }) => `give it in braces: \`{${axis}}\``,
    explain: explanation(
      [
        "A name in a signature that is not in scope is bound by the arguments of each call, or by",
        "the braces. Here neither has it.",
      ],
      `
fn positions() -> i32[N] {
  index{N}
}`,
      `
fn positions{N}() -> i32[N] {
  index{N}
}`,
    ),
  }),

  "not-a-segment": defineDiagnostic<{
    readonly segment: string;
    readonly join: string;
    readonly segments: readonly string[];
  }>({
    severity: "error",
    title: "an axis that is no segment of this join",
    message: ({ segment, join, segments }) =>
      `${quote(segment)} is no segment of ${quote(join)}, which has ${listOf(segments)}`,
    explain: explanation(
      [
        "A join such as `axis Tok = Cls ++ Patch` is made of its segments, one after the other.",
        "`take{Tok: Patch}` and `inside{Tok: Patch}` name one of them.",
      ],
      `
fn patches{Cls, Patch, Word}(x: [Cls ++ Patch]) -> [Word] {
  axis Tok = Cls ++ Patch
  take{Tok: Word}(x)
}`,
      `
fn patches{Cls, Patch}(x: [Cls ++ Patch]) -> [Patch] {
  axis Tok = Cls ++ Patch
  take{Tok: Patch}(x)
}`,
    ),
  }),

  "not-a-join": defineDiagnostic<{ readonly axis: string; readonly where: string }>({
    severity: "error",
    title: "an axis without segments where a join is needed",
    message: ({ axis, where }) =>
      `${where} needs a join, but ${quote(axis)} is not made of other axes`,
    hint: ({ axis }) => `a join is written \`axis ${axis} = First ++ Second\``,
    explain: explanation(
      ["`concat` puts tensors one after the other along a join, one for each segment."],
      `
fn both{Tok}(a: [A], b: [B]) -> [Tok] {
  concat{Tok}(a, b)
}`,
      `
fn both(a: [A], b: [B]) -> [A ++ B] {
  concat{A ++ B}(a, b)
}`,
    ),
  }),

  "segment-count": defineDiagnostic<{
    readonly where: string;
    readonly segments: readonly string[];
    readonly found: number;
  }>({
    severity: "error",
    title: "not one argument for each segment",
    message: ({ where, segments, found }) =>
      `${where} needs ${count(segments.length, "tensor")}, one for each of ${listOf(segments)}, but gets ${found}`,
    explain: explanation(
      ["`concat{Tok}` takes one argument per segment of `Tok`, in the order of the join."],
      `
fn both(a: [A], b: [B]) -> [A ++ B] {
  concat{A ++ B}(a)
}`,
      `
fn both(a: [A], b: [B]) -> [A ++ B] {
  concat{A ++ B}(a, b)
}`,
    ),
  }),
} as const;

function axisOrAxes(axes: readonly string[]): string {
  return axes.length === 1 ? "axis" : "axes";
}
