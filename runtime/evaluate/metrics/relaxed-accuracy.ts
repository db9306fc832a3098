// Relaxed accuracy of answers about charts: numbers may be 5 % off, everything else has to be equal.
import { parsePythonFloat } from "./python-float.ts";

const tolerance = 0.05;

/** Whether some reference agrees with the answer. The 5 % are of the answer, as the released scorer swaps its arguments. */
export function isRelaxedMatch(prediction: string, references: readonly string[]): boolean {
  return references.some((reference) => agrees(prediction.trim(), reference));
}

function agrees(prediction: string, reference: string): boolean {
  const own = numberIn(prediction);
  const other = numberIn(reference);
  // An answer of 0 would divide by 0: it has to be the same text. NaN is a number here and near to nothing.
  if (own === undefined || own === 0 || other === undefined)
    return prediction.toLowerCase() === reference.toLowerCase();
  return Math.abs(other - own) / Math.abs(own) <= tolerance;
}

/** A number, or a percentage as a fraction. */
function numberIn(text: string): number | undefined {
  if (!text.endsWith("%")) return parsePythonFloat(text);
  const value = parsePythonFloat(text.replace(/%+$/, ""));
  return value === undefined ? undefined : value / 100;
}
