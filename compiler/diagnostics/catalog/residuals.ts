import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { quote } from "../phrase.ts";

/** Warnings of sums and of attention that compute something, though hardly what is meant. */
export const residualDiagnostics = {
  "shared-axis": defineDiagnostic<{
    readonly callee: string;
    readonly axis: string;
    /** The arguments that have it too, quoted. */
    readonly argument: string;
  }>({
    severity: "warning",
    title: "a call over an axis that an argument keeps",
    message: ({ callee, axis, argument }) =>
      `${quote(callee)} goes over ${quote(axis)}, which ${argument} has too: no position sees another`,
    explain: explanation(
      [
        "The query axis of `attention` is an axis that keys and values lack. Where both have the same one,",
        "each query meets its own key only, and the axis is summed away. An axis of the same size and a",
        "`rename` keep them apart.",
      ],
      `
import { attention } from "std/functions"
fn mixed{N, D}(x: [B, N, D]) -> [B, N, D] {
  x + attention{N, D}(x, x, x)
}`,
      `
import { attention } from "std/functions"
fn mixed{N, D}(x: [B, N, D]) -> [B, N, D] {
  axis M = N
  let other = rename{N -> M}(x)
  x + attention{M, D}(x, other, other)
}`,
    ),
  }),

  "outer-sum": defineDiagnostic<{
    readonly left: string;
    readonly right: string;
    readonly onlyLeft: readonly string[];
    readonly onlyRight: readonly string[];
    /** The right side as written. */
    readonly text: string;
  }>({
    severity: "warning",
    title: "a sum of which each side lacks an axis of the other",
    message: ({ left, right, onlyLeft, onlyRight }) =>
      `${left} + ${right} adds every ${onlyLeft.join(", ")} to every ${onlyRight.join(", ")}`,
    hint: ({ onlyLeft, text }) =>
      `a residual needs equal axes; ${quote(`expand{${onlyLeft.join(", ")}}(${text})`)} says that all pairs are meant`,
    explain: explanation(
      [
        "Axes that one side lacks are repeated. Where each side lacks one, the sum has all pairs of their",
        "positions, which a residual `x + f(x)` of two widths does not want. A sum of rows and columns does:",
        "`expand` says so.",
      ],
      `
fn grown(x: [N, D], y: [N, E]) -> [N, D, E] {
  x + y
}`,
      `
fn grown(x: [N, D], y: [N, E]) -> [N, D, E] {
  x + expand{D}(y)
}`,
    ),
  }),
};
