// Scores of answers a second time, from what the files of a set say and what a model said, as one would do it by hand.
import { slowEditDistance, slowVqaAccuracy } from "./slow-metrics.ts";

const marks = [...'; / [ ] " { } ( ) = + \\ _ - > < @ ` , ? !'.split(" ")];
const words = ["none", "zero", "one", "two", "three", "four", "five", "six"];
words.push("seven", "eight", "nine", "ten");

/** Punctuation as the scorer of VQA takes it out: mark after mark. */
function withoutMarks(text: string): string {
  let plain = text.split("\n").join(" ").split("\t").join(" ").trim();
  const whole = plain;
  for (const mark of marks) {
    const goes = whole.includes(`${mark} `) || whole.includes(` ${mark}`) || /\d,\d/.test(whole);
    plain = plain.split(mark).join(goes ? "" : " ");
  }
  return [...plain]
    .filter((sign, n) => sign !== "." || /\d/.test([...plain][n + 1] ?? ""))
    .join("");
}

/** The form in which answers are compared: no number words, no articles. Contractions are for other tests. */
function slowForm(text: string): string {
  const kept: string[] = [];
  for (const word of withoutMarks(text).toLowerCase().split(/\s+/)) {
    const number = words.indexOf(word);
    if (["", "a", "an", "the"].includes(word)) continue;
    kept.push(number < 0 ? word : String(Math.max(0, number - 1)));
  }
  return kept.join(" ");
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** One answer by VQA's rule, 0 to 1. */
export function slowVqaEval(answer: string, people: readonly string[]): number {
  const areEqual = people.every((one) => one === people[0]);
  return slowVqaAccuracy(slowForm(answer), areEqual ? people : people.map(withoutMarks));
}

/** One answer by TextVQA's rule, 0 to 1. */
export function slowTextVqa(answer: string, people: readonly string[]): number {
  const form = (text: string) =>
    slowForm(text.toLowerCase().split(",").join("").split("?").join("").split("'s").join(" 's"));
  return slowVqaAccuracy(form(answer), people.map(form));
}

export function slowAnls(answer: string, people: readonly string[]): number {
  const even = (text: string) => text.trim().toLowerCase().split(/\s+/).join(" ");
  const scores = people.map((one) => {
    const longest = Math.max([...one].length, [...answer].length);
    return longest === 0 ? 1 : 1 - slowEditDistance(even(one), even(answer)) / longest;
  });
  const best = Math.max(...scores);
  return best < 0.5 ? 0 : best;
}

/** Text, or numbers of which one is at most 5 % of the answer away. */
export function slowRelaxed(answer: string, label: string): number {
  const [own, other] = [Number(answer), Number(label)];
  const areNumbers = answer.trim() !== "" && Number.isFinite(own) && Number.isFinite(other);
  if (!areNumbers || own === 0) return answer.toLowerCase() === label.toLowerCase() ? 1 : 0;
  return Math.abs(own - other) <= 0.05 * Math.abs(own) ? 1 : 0;
}

export function slowEquality(answer: string, people: readonly string[]): number {
  return people.some((one) => one.trim().toLowerCase() === answer.trim().toLowerCase()) ? 1 : 0;
}

export function slowGqa(answer: string, truth: string): number {
  let own = answer;
  while (own.endsWith(".")) own = own.slice(0, -1);
  return own.toLowerCase() === truth ? 1 : 0;
}

/** F1 of `yes` from answers and labels; `null` where it is undefined. */
export function slowF1(answers: readonly string[], labels: readonly string[]): number | null {
  const says = answers.map((text) => {
    const sentence = text.includes(".") ? text.slice(0, text.indexOf(".")) : text;
    const all = sentence.split(",").join("").split(" ");
    return !all.includes("No") && !all.includes("not") && !all.includes("no");
  });
  const both = says.filter((yes, n) => yes && labels[n] === "yes").length;
  const said = says.filter(Boolean).length;
  const there = labels.filter((label) => label === "yes").length;
  if (said === 0 || there === 0 || both === 0) return null;
  const [precision, recall] = [both / said, both / there];
  return (2 * precision * recall) / (precision + recall);
}

/** MME of one subtask: pairs of answers with pairs of truths. */
export function slowMme(
  pairs: readonly (readonly { readonly answer: string; readonly truth: string }[])[],
): number {
  const right = pairs.map((pair) =>
    pair.map(({ answer, truth }) => {
      const start = [...answer.toLowerCase()].slice(0, 4).join("");
      const said = start.includes("yes") ? "yes" : start.includes("no") ? "no" : "other";
      return said === truth.toLowerCase();
    }),
  );
  const all = right.flat();
  const accuracy = all.filter(Boolean).length / all.length;
  const plus = right.filter((pair) => pair.every(Boolean)).length / right.length;
  return 100 * accuracy + 100 * plus;
}

/** Tiny LVLM: some truth stands in the answer, word for word. */
export function slowWholeWords(answer: string, truths: readonly string[]): number {
  const said = slowForm(answer).split(" ");
  const stands = (truth: string): boolean => {
    const wanted = slowForm(truth).split(" ");
    if (wanted.join("") === "") return false;
    return said.some((_, start) => wanted.every((word, n) => said[start + n] === word));
  };
  return truths.some(stands) ? 1 : 0;
}

export { mean as slowMean };
