// Files of data as entries: JSON documents, JSON by the line, lines of text.
import { fault } from "../../faults.ts";
import { readText } from "../../files/read-bytes.ts";
import { DataEntry } from "./data-entry.ts";
import type { Findings } from "./findings.ts";
import { repeatedMembers } from "./repeated-members.ts";

/** Annotation files of the largest sets have a few hundred MB; strings end at 512 MiB. */
const largest = 500 << 20;

/**
 * A JSON document, or with `FILE#/pointer` a value in it.
 *
 * @throws {RuntimeFault} `data-wrong` where it is no JSON, with the line at which it ends or is wrong.
 */
export function readDocument(named: string): DataEntry {
  const [path, pointer] = splitPointer(named);
  let entry = new DataEntry(path, "", parsed(path, content(path)));
  for (const step of pointer.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    entry = entry.at(name);
  }
  return entry;
}

/** The members of a document whose names are ids. One that stands twice is told, where a parser keeps the last. */
export function readMembers(
  path: string,
  findings: Findings,
): readonly (readonly [string, DataEntry])[] {
  const text = content(path);
  const document = new DataEntry(path, "", parsed(path, text));
  const members = document.members();
  for (const name of repeatedMembers(text))
    findings.add(document.at(name).wrong(`the id \`${name}\` is there already`));
  return members;
}

/** The elements of a document that is an array, or of a file with a JSON value on each line. */
export function readRecords(named: string): readonly DataEntry[] {
  const [path, pointer] = splitPointer(named);
  const text = pointer === "" ? content(path) : "";
  // An array or one object over several lines is a document; values on lines of their own are records.
  if (pointer !== "" || /^\s*\[/.test(text) || isOneValue(text))
    return elementsOf(readDocument(named));
  return textLines(path, text).map(({ file, place, value }) => {
    try {
      return new DataEntry(file, place, JSON.parse(String(value)));
    } catch (error) {
      throw fault("data-wrong", { file, place, reason: `it is no JSON: ${messageOf(error)}` });
    }
  });
}

function elementsOf(document: DataEntry): readonly DataEntry[] {
  return Array.isArray(document.value) ? document.elements() : [document];
}

function isOneValue(text: string): boolean {
  const [first = ""] = text.trimStart().split("\n", 1);
  try {
    JSON.parse(first);
    return false;
  } catch {
    // A first line that is no value itself: of a document, or cut off.
    return /^[{[]\s*$/.test(first.trim());
  }
}

/** The lines of a text that are not empty; their places count from 1. */
export function readTextLines(path: string): readonly DataEntry[] {
  return textLines(path, content(path));
}

function textLines(path: string, text: string): readonly DataEntry[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => new DataEntry(path, `line ${index + 1}`, line))
    .filter(({ value }) => value !== "");
}

function splitPointer(named: string): readonly [string, string] {
  const mark = named.indexOf("#/");
  return mark < 0 ? [named, ""] : [named.slice(0, mark), named.slice(mark + 1)];
}

function content(path: string): string {
  // A mark of the byte order is no part of the text.
  return readText(path, largest).replace(/^\ufeff/, "");
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    const at = /at position (\d+)/.exec(message)?.[1];
    const before = text.slice(0, at === undefined ? text.length : Number(at));
    const place = `line ${before.split("\n").length}`;
    throw fault("data-wrong", { file, place, reason: `it is no JSON: ${message}` });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
