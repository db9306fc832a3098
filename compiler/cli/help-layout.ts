import type { Help } from "commander";
import { wrapWords } from "../api/text/wrap-words.ts";

/** Columns of help where nobody says how many there are. */
export const usualWidth = 80;

const indent = 2;
/** A description that would have fewer columns beside its term stands below it. */
const fewestColumns = 30;

/** A term of the help with its description beside it, or below it where the terminal is narrow; for commander. */
export function formatItem(
  term: string,
  termWidth: number,
  description: string,
  helper: Help,
): string {
  const start = " ".repeat(indent) + term;
  if (description === "") return start;
  const width = helper.helpWidth ?? usualWidth;
  const beside = indent + termWidth + 2;
  const isBelow = width - beside < fewestColumns;
  const left = isBelow ? 3 * indent : beside;
  const lines = wrapWords(description, width - left).map((line) => " ".repeat(left) + line);
  if (isBelow) return [start, ...lines].join("\n");
  return lines.join("\n").replace(/^ */, start.padEnd(left));
}
