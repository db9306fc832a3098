import { displayWidth } from "../../diagnostics/text-width.ts";
import type { Style } from "./style.ts";
import { wrapWords } from "./wrap-words.ts";

interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly align?: "left" | "right";
}

type Row = readonly string[];

/**
 * Columns without frames, so that results can be read by people, `grep` and `awk` alike. Where a row is longer
 * than a line of the terminal, the last column is wrapped between words if there is room for it; else the columns
 * that do not fit stand below the others, indented and aligned among themselves.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly Row[],
  { colors, width = Number.POSITIVE_INFINITY }: Style,
): string {
  // A name with a line break in it must not forge a row.
  const cells = rows.map((row) => row.map((cell) => cell.replace(/[\r\n\u2028\u2029]/g, "\u2424")));
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, n) =>
    Math.max(...[titles, ...cells].map((row) => displayWidth(row[n] ?? ""))),
  );
  const longestWord = Math.max(...cells.map((row) => wordWidth(row.at(-1) ?? "")), 0);
  const bands = bandsOf(widths, columns, width, Math.max(fewestColumns, longestWord));
  const linesOf = (row: Row, paint: (text: string) => string): readonly string[] =>
    bands.flatMap((band) => bandLines(row, band, columns, paint));
  const plain = (text: string): string => text;
  const lines = [
    ...linesOf(titles, colors.dim),
    ...cells.flatMap((row) => linesOf(row, plain)),
  ].map((line) => line.trimEnd());
  return `${lines.join("\n")}\n`;
}

/** Columns that share a line. */
interface Band {
  readonly indent: number;
  readonly columns: readonly { readonly number: number; readonly width: number }[];
}

const gap = 2;
/** A text is not wrapped into fewer columns than these. */
const fewestColumns = 24;

function wordWidth(text: string): number {
  return Math.max(...text.split(" ").map(displayWidth));
}

/** Each line takes as many columns as fit, the last of all also where it has to be wrapped, to no fewer than `fewest`. */
function bandsOf(
  widths: readonly number[],
  columns: readonly Column[],
  width: number,
  fewest: number,
): readonly Band[] {
  const bands: { indent: number; columns: { number: number; width: number }[] }[] = [];
  let room = 0;
  widths.forEach((own, number) => {
    const isLast = number === widths.length - 1 && columns[number]?.align !== "right";
    const least = isLast ? Math.min(own, fewest) : own;
    if (bands.length === 0 || room < least) {
      const indent = bands.length === 0 ? 0 : gap;
      bands.push({ indent, columns: [] });
      room = width - indent;
    }
    const taken = isLast ? Math.min(own, Math.max(room, least)) : own;
    bands.at(-1)?.columns.push({ number, width: taken });
    room -= taken + gap;
  });
  return bands;
}

/** One line, or several where the last text is longer than its column; none where all cells are empty. */
function bandLines(
  row: Row,
  { indent, columns: band }: Band,
  columns: readonly Column[],
  paint: (text: string) => string,
): readonly string[] {
  const cells = band.map(({ number, width }) => {
    const wrapped = wrapWords(row[number] ?? "", width);
    return { lines: wrapped, width, isRight: columns[number]?.align === "right" };
  });
  if (indent > 0 && cells.every(({ lines }) => lines.every((line) => line === ""))) return [];
  const height = Math.max(...cells.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, n) => {
    const texts = cells.map(({ lines, width, isRight }) => {
      const text = lines[n] ?? "";
      const blank = " ".repeat(Math.max(0, width - displayWidth(text)));
      const shown = text === "" ? "" : paint(text);
      return isRight ? blank + shown : shown + blank;
    });
    return " ".repeat(indent) + texts.join(" ".repeat(gap));
  });
}
