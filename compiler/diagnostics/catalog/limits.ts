import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";

/** Texts and sizes beyond what is read, counted or planned. */
export const limitDiagnostics = {
  "not-text": defineDiagnostic<{ readonly why: string }>({
    severity: "error",
    title: "a file that is no text",
    message: ({ why }) => `this is no text: ${why}`,
    hint: () =>
      "a program is a `.weft` file; images and weights are given with `--in` and `--weights`",
    explain: explanation(
      ["Programs are UTF-8 text. Images, weights and archives hold bytes that no text has."],
      "weft check scene.jpg",
      "weft check scene.weft",
      "sh",
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

  "size-too-large": defineDiagnostic<{
    /** "axis `D`", "`x`", a number or an expression as written. */
    readonly what: string;
    /** "3000000000", "12 elements"; undefined where only the text says it. */
    readonly found: string | undefined;
    readonly limit: number;
  }>({
    severity: "error",
    title: "a size beyond what can be counted",
    message: ({ what, found, limit }) =>
      `${what} is ${found === undefined ? "too large" : `${found}`}, and ${limit} is the most`,
    explain: explanation(
      [
        "Whole numbers are exact up to 9007199254740991, an axis has at most 2147483647 positions, because a",
        "device counts them in 32 bits, and an input, parameter or state at most 68719476736 elements. What",
        "is beyond is mostly a slip in a size or in `--batch`.",
      ],
      `
model Count {
  axis N = 3000000000
  mode forward(x: f32[N]) -> f32[N] {
    x
  }
}`,
      `
model Count {
  axis N = 65536
  mode forward(x: f32[N]) -> f32[N] {
    x
  }
}`,
    ),
  }),

  "unrolls-too-far": defineDiagnostic<{ readonly limit: number }>({
    severity: "error",
    title: "loops and parts that unroll to more than can be planned",
    message: ({ limit }) =>
      `here it comes to more than ${limit} parts, calls and turns of loops in one model`,
    hint: () => "every turn is planned as work of its own: an axis does the same in one operation",
    explain: explanation(
      [
        "`repeat` and `for` are unrolled: each turn has parts, calls and kernels of its own, and so has each",
        "part of a part. All of them together are limited, because a few lines could ask for more than any",
        "machine holds. What is done to many elements alike belongs into an axis.",
      ],
      `
model Deep {
  mode forward(x: f32[B, N]) -> f32[B, N] {
    let y = x
    for i in 0..1000000000 {
      y = 0.5 * y
    }
    y
  }
  axis N = 4
}`,
      `
model Deep {
  mode forward(x: f32[B, N]) -> f32[B, N] {
    let y = x
    for i in 0..12 {
      y = 0.5 * y
    }
    y
  }
  axis N = 4
}`,
    ),
  }),
} as const;
