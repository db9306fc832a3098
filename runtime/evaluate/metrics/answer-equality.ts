// Rules by which a short answer is simply right or wrong.
import { normaliseAnswer } from "./vqa-answer.ts";

/** GQA: without the dots at its end and in lower case, the answer is the reference, which is taken as it stands. */
export function isGqaMatch(prediction: string, reference: string): boolean {
  let end = prediction.length;
  while (prediction[end - 1] === ".") end -= 1;
  return prediction.slice(0, end).toLowerCase() === reference;
}

/** Without white space around it and in lower case, the answer is one of the references. */
export function isEqualAnswer(prediction: string, references: readonly string[]): boolean {
  const own = prediction.trim().toLowerCase();
  return references.some((reference) => reference.trim().toLowerCase() === own);
}

/** Tiny LVLM: after the normalisation of VQA, a reference occurs in the answer as whole words. */
export function hasWholeWords(prediction: string, references: readonly string[]): boolean {
  const words = ` ${normaliseAnswer(prediction)} `;
  return references.some((reference) => {
    const wanted = normaliseAnswer(reference);
    return wanted !== "" && words.includes(` ${wanted} `);
  });
}
