// How answers to questions about images are brought into one form before they are compared, by the two rules in use.
import { contractions } from "./contractions.ts";

const punctuation = ';/[]"{}()=+\\_-><@`,?!';
const commaInNumber = /\d,\d/;
const dotBeforeNoDigit = /\.(?!\d)/g;

const digits = "none zero one two three four five six seven eight nine ten".split(" ");
/** `none` is a zero too. */
const numberWords = new Map(digits.map((word, index) => [word, String(Math.max(0, index - 1))]));
const articles: ReadonlySet<string> = new Set(["a", "an", "the"]);

/** The rule of VQA for predictions: punctuation, then number words, articles and contractions. */
export function normaliseAnswer(text: string): string {
  return evenWords(evenPunctuation(text));
}

/** The rule of TextVQA, for predictions and references alike: `'s` is a word of its own, commas and `?` go first. */
export function normaliseTextVqa(text: string): string {
  const lower = text.toLowerCase().replaceAll(",", "").replaceAll("?", "").replaceAll("'s", " 's");
  return evenWords(evenPunctuation(lower, mostDots));
}

/** The released scorer of TextVQA passes a flag where the number of replacements belongs: only 32 dots go. */
const mostDots = 32;

/**
 * Takes out punctuation. A mark goes without a trace where a blank stands beside one like it, or where the text has a
 * comma between digits; else a blank takes its place. Dots go unless a digit follows.
 */
export function evenPunctuation(text: string, dots = Number.POSITIVE_INFINITY): string {
  const plain = text.replace(/[\n\t]/g, " ").trim();
  const hasNumber = commaInNumber.test(plain);
  let result = plain;
  for (const mark of punctuation) {
    const isLoose = plain.includes(`${mark} `) || plain.includes(` ${mark}`);
    result = result.replaceAll(mark, isLoose || hasNumber ? "" : " ");
  }
  let gone = 0;
  return result.replace(dotBeforeNoDigit, (dot) => (gone++ < dots ? "" : dot));
}

function evenWords(text: string): string {
  return text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "")
    .map((word) => numberWords.get(word) ?? word)
    .filter((word) => !articles.has(word))
    .map((word) => contractions.get(word) ?? word)
    .join(" ");
}
