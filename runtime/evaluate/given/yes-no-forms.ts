// The files of POPE and MME that hold questions' truths and answers side by side.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DataEntry } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument, readTextLines } from "../entries/read-entries.ts";
import { cognition, perception } from "../metrics/mme.ts";
import type { TextItem } from "../scores/text-item.ts";
import type { PairedTexts } from "./pair-texts.ts";

/** `{category: {labels, answers}}`; `undefined` for any other file. */
export function popeLists(path: string, findings: Findings): PairedTexts | undefined {
  const document = documentIfAny(path);
  const categories = (document?.members() ?? []).filter(([, entry]) => entry.has("labels"));
  if (categories.length === 0) return undefined;
  const outputs: string[] = [];
  const items = findings.each(categories, ([group, entry]) => {
    const [labels, answers] = [entry.texts("labels"), entry.texts("answers")];
    if (labels.length !== answers.length)
      throw entry.wrong(`${labels.length} labels and ${answers.length} answers`);
    outputs.push(...answers);
    return labels.map(
      (label, index): TextItem => ({
        id: `${group}/${index}`,
        unit: `${group}/${index}`,
        image: "",
        question: "",
        references: [label],
        group,
      }),
    );
  });
  return { items: items.flat(), outputs, missing: 0 };
}

/** A folder with a text `<subtask>.txt` for each subtask, or a document with the same rows: image, question, truth, answer. */
export function mmeRows(path: string, findings: Findings): PairedTexts | undefined {
  const rows = isFolder(path) ? rowsOfFolder(path, findings) : rowsOfDocument(path, findings);
  if (rows === undefined) return undefined;
  const items = rows.flatMap(({ group, entry, cells }, index): readonly TextItem[] => {
    const [image = "", question = "", truth = ""] = cells;
    findings.attempt(() => {
      if (cells.length !== 4) throw entry.wrong("image, question, truth and answer are needed");
      const partner = rows[index % 2 === 0 ? index + 1 : index - 1];
      // An odd subtask shifts the pairs of those behind it.
      if (partner?.group !== group || partner.cells[0] !== image)
        throw entry.wrong(`the two questions about \`${image}\` do not follow each other`);
    });
    const id = `${group}/${image}/${index % 2}`;
    return [{ id, unit: image, image: "", question, references: [truth], group }];
  });
  return { items, outputs: rows.map(({ cells }) => cells[3] ?? ""), missing: 0 };
}

interface MmeRow {
  readonly group: string;
  readonly entry: DataEntry;
  readonly cells: readonly string[];
}

function rowsOfFolder(path: string, findings: Findings): readonly MmeRow[] {
  const names = [...perception, ...cognition].filter((name) =>
    existsSync(join(path, `${name}.txt`)),
  );
  return findings
    .each(names, (group) =>
      readTextLines(join(path, `${group}.txt`)).map((entry) => ({
        group,
        entry,
        cells: entry.asText().split("\t"),
      })),
    )
    .flat();
}

function rowsOfDocument(path: string, findings: Findings): readonly MmeRow[] | undefined {
  const document = documentIfAny(path);
  if (document?.has("rows") !== true) return undefined;
  return findings
    .each(document.at("rows").members(), ([group, entry]) =>
      entry.elements().map((row) => ({
        group,
        entry: row,
        cells: row.elements().map((cell) => cell.asText()),
      })),
    )
    .flat();
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A document that is an object; lines of objects are none. */
function documentIfAny(path: string): DataEntry | undefined {
  if (path.endsWith(".jsonl")) return undefined;
  const document = readDocument(path);
  const { value } = document;
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? new DataEntry(document.file, document.place, value)
    : undefined;
}
