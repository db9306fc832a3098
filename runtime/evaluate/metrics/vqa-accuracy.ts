// VQA accuracy by the two released scorers: an answer is as right as other people gave it, full at three of them.
import { evenPunctuation, normaliseAnswer, normaliseTextVqa } from "./vqa-answer.ts";

const enough = 3;

/**
 * The rule of VQA, 0 to 1. The prediction is normalised fully, the references only in punctuation, and not even that
 * where all are equal. Each reference is left out once, by its position.
 */
export function vqaAccuracy(prediction: string, references: readonly string[]): number | null {
  const areEqual = new Set(references).size <= 1;
  const answers = areEqual ? references : references.map((reference) => evenPunctuation(reference));
  return leaveOneOut(normaliseAnswer(prediction), answers);
}

/** The rule of TextVQA, 0 to 1: predictions and references are normalised alike. */
export function textVqaAccuracy(prediction: string, references: readonly string[]): number | null {
  return leaveOneOut(normaliseTextVqa(prediction), references.map(normaliseTextVqa));
}

/** The mean over the references of min(1, matches among the others / 3). */
function leaveOneOut(answer: string, references: readonly string[]): number | null {
  if (references.length === 0) return null;
  const matches = references.filter((reference) => reference === answer).length;
  let sum = 0;
  for (const reference of references)
    sum += Math.min(1, (matches - (reference === answer ? 1 : 0)) / enough);
  return sum / references.length;
}

/** A mean in percent with two decimals, as the scorer of VQA prints it: ties go to the even digit. */
export function roundedPercent(fraction: number): number {
  const percent = 100 * fraction;
  const scaled = percent * 100;
  const isTie = scaled - Math.floor(scaled) === 0.5 && scaled / 100 === percent;
  if (!isTie) return Number(percent.toFixed(2));
  const down = Math.floor(scaled);
  return (down % 2 === 0 ? down : down + 1) / 100;
}
