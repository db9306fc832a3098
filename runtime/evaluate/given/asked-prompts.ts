// Questions as LLaVA's scripts ask them: an object per line with `question_id`, `image` and `text`, the whole prompt.
import { posix } from "node:path";
import { fault } from "../../faults.ts";
import type { DataEntry } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readRecords } from "../entries/read-entries.ts";
import type { TextItem } from "../scores/text-item.ts";

interface AskedPrompt {
  /** As the file has it: the answers go back under this id. */
  readonly questionId: unknown;
  readonly text: string;
}

/**
 * The prompt of each item by its id. A line belongs to the item of its id (with `category` before it, as in POPE); where
 * ids are those of images, as TextVQA and MME have it there, to the item of its image and its first line.
 */
export function readPrompts(
  path: string,
  items: readonly TextItem[],
  findings: Findings,
): ReadonlyMap<string, AskedPrompt> {
  const byKey = new Map(items.flatMap((item) => keysOfItem(item).map((key) => [key, item])));
  const prompts = new Map<string, AskedPrompt>();
  findings.each(readRecords(path), (entry) => {
    const item = keysOfLine(entry).flatMap((key) => byKey.get(key) ?? [])[0];
    if (item === undefined) throw entry.wrong("it belongs to no question of the set");
    if (prompts.has(item.id)) throw entry.wrong(`the question \`${item.id}\` is there already`);
    prompts.set(item.id, {
      questionId: entry.at("question_id").value,
      text: entry.text("text"),
    });
  });
  for (const { id } of items)
    if (!prompts.has(id)) {
      const reason = `it does not ask \`${id}\``;
      findings.add(fault("data-wrong", { file: path, place: "", reason }));
    }
  return prompts;
}

function keysOfItem({ id, unit, group, image, question }: TextItem): readonly string[] {
  const line = firstLine(question);
  return [id, `${group ?? ""}/${unit}|${line}`, `${posix.basename(image)}|${line}`];
}

function keysOfLine(entry: DataEntry): readonly string[] {
  const id = entry.id("question_id");
  const line = firstLine(entry.text("text"));
  const image = posix.basename(entry.text("image"));
  const category = entry.has("category") ? [`${entry.text("category")}/${id}`] : [];
  return [...category, id, `${id}|${line}`, `${image}|${line}`];
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").trim().toLowerCase();
}
