// Texts that some model gave, as files have them: our own record, the result files that servers take, chats' answers.
import type { DataEntry } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readRecords } from "../entries/read-entries.ts";

export interface GivenText {
  /** `undefined` in the files that go by their order. */
  readonly id: string | undefined;
  readonly text: string;
  /** Where the file brings its own references, as the result file of ChartQA does. */
  readonly references: readonly string[] | undefined;
  readonly entry: DataEntry;
}

// By what these files call them; the first that an entry has counts.
const idFields = ["question_id", "questionId", "image_id", "id", "image"];
const textFields = ["output", "prediction", "candidate", "caption", "answer", "text"];
const referenceFields = ["references", "answers", "annotation", "gt_answers"];

/** An array of objects, or an object per line. */
export function readGivenTexts(path: string, findings: Findings): readonly GivenText[] {
  return findings.each(readRecords(path), (entry) => {
    const [id, text] = [entry.nameOf(...idFields), entry.nameOf(...textFields)];
    if (text === undefined) throw entry.wrong(`it has none of ${textFields.join(", ")}`);
    return {
      id: id === undefined ? undefined : entry.id(id),
      text: entry.text(text),
      references: referencesOf(entry, text),
      entry,
    };
  });
}

function referencesOf(entry: DataEntry, textField: string): readonly string[] | undefined {
  const field = entry.nameOf(...referenceFields.filter((name) => name !== textField));
  if (field === undefined) return undefined;
  return Array.isArray(entry.at(field).value) ? entry.texts(field) : [entry.text(field)];
}
