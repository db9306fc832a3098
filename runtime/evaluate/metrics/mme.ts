// MME: two questions per image, accuracy of questions and of pairs, summed over the subtasks of two groups.

export const perception = [
  "existence",
  "count",
  "position",
  "color",
  "posters",
  "celebrity",
  "scene",
  "landmark",
  "artwork",
  "OCR",
] as const;

export const cognition = [
  "commonsense_reasoning",
  "numerical_calculation",
  "text_translation",
  "code_reasoning",
] as const;

/** In the first four characters of the answer in lower case, `yes` is sought before `no`; else the answer is neither. */
export function parseMme(answer: string): "yes" | "no" | "other" {
  const start = [...answer.toLowerCase()].slice(0, 4).join("");
  if (start.includes("yes")) return "yes";
  return start.includes("no") ? "no" : "other";
}

const yesAndNo: readonly (readonly [RegExp, string])[] = [
  [/不是|没有|不对|错误|否|不/g, "no"],
  [/是的|正确|是|对|有/g, "yes"],
  [/\btrue\b/g, "yes"],
  [/\bfalse\b/g, "no"],
];

/**
 * What the scorer hears of an answer of InternVL-Chat with QLLaMA: lower case on one line, `true` and Chinese words as yes
 * and no, without other Chinese.
 */
export function hearMme(answer: string): string {
  const line = answer.toLowerCase().replace(/\s+/gu, " ").trim();
  const heard = yesAndNo.reduce((text, [words, word]) => text.replace(words, word), line);
  return heard.replace(/\p{Script=Han}/gu, "").trim();
}

/** What an image of a subtask adds: questions, those answered rightly, and whether both were. */
export interface MmeCounts {
  readonly questions: number;
  readonly right: number;
  readonly images: number;
  readonly pairs: number;
}

/** 100 times the accuracy of questions plus 100 times that of pairs, 0 to 200; `null` without questions. */
export function mmeScore({ questions, right, images, pairs }: MmeCounts): number | null {
  if (questions === 0 || images === 0) return null;
  return (right / questions) * 100 + (pairs / images) * 100;
}
