// The files that servers and scorers of the tasks take, in the form of each.
import { normaliseTextVqa } from "../metrics/vqa-answer.ts";
import type { TextItem } from "../scores/text-item.ts";
import type { Asker } from "../tasks/text-protocols.ts";

export interface WrittenFile {
  readonly name: string;
  readonly text: string;
}

/** From items and their texts to the files that the task's server or scorer takes; by whom they were asked, if that is known. */
export type ResultFile = (
  items: readonly TextItem[],
  outputs: readonly string[],
  asker?: Asker,
) => readonly WrittenFile[];

type Row = (
  item: TextItem,
  text: string,
  asker: Asker | undefined,
) => Readonly<Record<string, unknown>>;

/** One array. */
function array(row: Row): ResultFile {
  return (items, outputs, asker) => {
    const rows = items.map((item, index) => row(item, outputs[index] ?? "", asker));
    return [{ name: "result.json", text: `${JSON.stringify(rows)}\n` }];
  };
}

/** Ids that are whole numbers are numbers in the files of most servers. */
function idValue(id: string): string | number {
  return /^(0|[1-9]\d{0,14})$/.test(id) ? Number(id) : id;
}

export const resultFiles = {
  captions: array(({ id }, caption) => ({ image_id: idValue(id), caption })),
  answers: array(({ id }, answer) => ({ question_id: idValue(id), answer })),
  /** LLaVA's scripts send VizWiz normalised answers, those of InternVL-Chat with QLLaMA send them as they are. */
  images: array(({ id }, answer, asker) => ({
    image: id,
    answer: asker === "chat_c" ? normaliseTextVqa(answer) : answer,
  })),
  gqa: array(({ id }, prediction) => ({ questionId: id, prediction })),
  documents: array(({ id }, answer) => ({ questionId: idValue(id), answer })),
  charts: array(({ references }, answer) => ({ answer, annotation: references[0] ?? "" })),
  abilities: array(({ question, references, image, group }, answer) => ({
    question,
    answer,
    gt_answers: references,
    image_path: image,
    task_type: group ?? "",
  })),
  /** A file for each category, an object per line in the order of the questions. */
  pope: (items, outputs) =>
    filesByGroup(items, (index) => {
      const { question = "" } = items[index] ?? {};
      return JSON.stringify({ question, answer: outputs[index] ?? "" });
    }).map(({ name, text }) => ({ name: `${name}.jsonl`, text })),
  /** A text for each subtask: image, question, truth and answer, which has no line ends and tabs. */
  mme: (items, outputs) =>
    filesByGroup(items, (index) => {
      const { unit = "", question = "", references: [truth = ""] = [] } = items[index] ?? {};
      const answer = (outputs[index] ?? "").replace(/\s+/gu, " ").trim();
      return [unit, question, truth.toLowerCase() === "yes" ? "Yes" : "No", answer].join("\t");
    }).map(({ name, text }) => ({ name: `${name}.txt`, text })),
} as const satisfies Record<string, ResultFile>;

function filesByGroup(
  items: readonly TextItem[],
  line: (index: number) => string,
): readonly WrittenFile[] {
  const lines = new Map<string, string[]>();
  for (const [index, { group = "" }] of items.entries()) {
    const own = lines.get(group) ?? [];
    lines.set(group, own);
    own.push(line(index));
  }
  return [...lines].map(([name, own]) => ({ name, text: `${own.join("\n")}\n` }));
}
