import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { listOf, nearestHint, quote } from "../phrase.ts";

/** What can be wrong with what an input is read from. */
export const readerDiagnostics = {
  "unknown-reader": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a reader that the runtime does not have",
    message: ({ name }) => `there is no reader ${quote(name)}`,
    hint: ({ nearest, available }) => nearestHint(nearest) ?? `there are ${listOf(available)}`,
    explain: explanation(
      ['`from image(fit: "crop")` names what makes the tensor of an input from a file or a text.'],
      `
model M {
  mode forward(pixels: f32[B, Rgb = 3, Y = 8, X = 8] from picture()) -> f32[B, Rgb, Y, X] {
    pixels
  }
}`,
      `
model M {
  mode forward(pixels: f32[B, Rgb = 3, Y = 8, X = 8] from image(fit: "crop")) -> f32[B, Rgb, Y, X] {
    pixels
  }
}`,
    ),
  }),

  "length-type": defineDiagnostic<{
    readonly name: string;
    readonly of: string;
    readonly rows: string;
    readonly needed: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "lengths that do not fit the rows that they count",
    message: ({ name, of, rows, needed, found }) =>
      `${quote(name)} counts the rows of ${quote(of)}, ${quote(rows)}: it is ${quote(needed)}, not ${quote(found)}`,
    explain: explanation(
      [
        "`from length(of: ..)` says how many elements each row of another input has, without its padding: whole numbers with all axes of that input but the last. The runtime fills it in, so that padding need not be guessed from ids.",
      ],
      `
model M {
  mode forward(ids: i32[B, N] from text(), lengths: i32[N] from length(of: "ids")) -> i32[B, N] {
    where(index{N} < lengths, ids, 0)
  }
}`,
      `
model M {
  mode forward(ids: i32[B, N] from text(), lengths: i32[B] from length(of: "ids")) -> i32[B, N] {
    where(index{N} < lengths, ids, 0)
  }
}`,
    ),
  }),
} as const;
