import { dirname } from "node:path";
import { fault } from "../../faults.ts";
import { readText } from "../../files/read-bytes.ts";
import { entryOf } from "../manifest-entry.ts";
import { ManifestWriter } from "../manifest-writer.ts";
import type { ManifestIndex } from "../source-index.ts";
import type { IndexRequest } from "./index-request.ts";
import { SplitFilter } from "./split-filter.ts";

/**
 * Records as rows of a table whose first line names the fields: `image,text,label`. A field `text:en` is the text in one
 * language, and two fields of one name are two texts. Empty cells are no fields.
 *
 * @throws {RuntimeFault} `data-field` with the first row that is none, `data-empty`.
 */
export function indexCsv({ path, split }: IndexRequest, file: string): ManifestIndex {
  const writer = new ManifestWriter(path, dirname(file));
  const splits = new SplitFilter(path, split);
  let names: readonly string[] | undefined;
  for (const { line, cells } of rowsOf(readText(file, largestTable), file)) {
    if (names === undefined) {
      names = cells.map((cell) => cell.trim());
      continue;
    }
    const wrong = (reason: string) => fault("data-field", { path: file, line, reason });
    if (cells.length !== names.length)
      throw wrong(`it has ${cells.length} cells, and the first line names ${names.length} fields`);
    const fields = fieldsOf(names, cells);
    const found = entryOf(fields);
    if ("wrong" in found) throw wrong(found.wrong);
    if (splits.takes(fields.split)) writer.add(found.entry);
  }
  splits.assertSome(writer.size);
  return writer.index();
}

function fieldsOf(names: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const texts: Record<string, string[]> = {};
  for (const [place, name] of names.entries()) {
    const cell = cells[place] ?? "";
    if (cell === "") continue;
    const [field = "", language = ""] = name.split(":");
    if (field === "text") texts[language] = [...(texts[language] ?? []), cell];
    else if (field === "label") fields[field] = /^\d+$/.test(cell) ? Number(cell) : cell;
    else fields[field] = cell;
  }
  const { "": plain, ...spoken } = texts;
  const isSpoken = Object.keys(spoken).length > 0;
  const text = isSpoken ? texts : plain;
  return text === undefined ? fields : { ...fields, text };
}

interface Row {
  /** On which it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of a table as RFC 4180 has it: cells in quotes may hold commas, new lines and doubled quotes. */
export function* rowsOf(text: string, path: string): Generator<Row> {
  let line = 1;
  let begins = 1;
  let cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  // A mark of UTF-8 is no part of the first name.
  cell.lastIndex = text.startsWith("\ufeff") ? 1 : 0;
  while (cell.lastIndex < text.length || cells.length > 0) {
    const found = cell.exec(text);
    if (found === null)
      throw fault("data-field", { path, line, reason: "a quote stands where none can" });
    const [whole, quoted, bare, end = ""] = found;
    cells.push(quoted === undefined ? (bare ?? "") : quoted.replaceAll('""', '"'));
    line += whole.split("\n").length - 1;
    if (end === ",") continue;
    if (cells.length > 1 || cells[0] !== "") yield { line: begins, cells };
    cells = [];
    begins = line;
    if (end === "") return;
  }
}

const largestTable = 1 << 29;
