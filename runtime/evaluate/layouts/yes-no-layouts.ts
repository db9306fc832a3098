// Questions that are answered with yes or no, and those of Tiny LVLM: POPE by the line, MME and Tiny LVLM in folders.
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fault } from "../../faults.ts";
import type { DataEntry } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument, readRecords, readTextLines } from "../entries/read-entries.ts";
import { cognition, perception } from "../metrics/mme.ts";
import type { TextItem } from "../scores/text-item.ts";
import type { TextLayout } from "./text-layout.ts";

const categories = ["adversarial", "popular", "random"] as const;

/** POPE: three files whose ids begin again, so that a category belongs to each id. */
export const popeLayout: TextLayout = {
  files: [...categories.map((name) => `coco_pope_${name}.json`), "val2014/"],
  read: (data, findings) =>
    categories.flatMap((name) => popeFile(join(data, `coco_pope_${name}.json`), name, findings)),
  /** One file that has the category on each line, or the folder of the three. */
  references(path, findings) {
    const isFolder = existsSync(join(path, `coco_pope_${categories[0]}.json`));
    return isFolder ? popeLayout.read(path, findings) : popeFile(path, undefined, findings);
  },
};

function popeFile(
  path: string,
  category: string | undefined,
  findings: Findings,
): readonly TextItem[] {
  const seen = new Set<string>();
  return findings.each(readRecords(path), (entry) => {
    const group = category ?? entry.text("category");
    const id = `${group}/${entry.id("question_id")}`;
    if (seen.has(id)) throw entry.wrong(`the id \`${id}\` is there already`);
    seen.add(id);
    const image = entry.text("image");
    return {
      id,
      unit: image,
      image: join("val2014", image),
      question: entry.text("text"),
      references: [yesOrNo(entry.at("label"), entry.text("label"))],
      group,
    };
  });
}

function yesOrNo(entry: DataEntry, text: string): string {
  const answer = text.trim().toLowerCase();
  if (answer === "yes" || answer === "no") return answer;
  throw entry.wrong(`\`yes\` or \`no\` is needed, not \`${text}\``);
}

/** MME: fourteen folders of images, each with a text of two lines: question, tab, answer. */
export const mmeLayout: TextLayout = {
  files: [...perception, ...cognition].map((name) => `${name}/`),
  read: (data, findings) =>
    [...perception, ...cognition].flatMap((name) => mmeSubtask(data, name, findings)),
  references: (path, findings) => mmeLayout.read(path, findings),
};

function mmeSubtask(data: string, name: string, findings: Findings): readonly TextItem[] {
  const folder = join(data, name);
  const questions = folderWith(folder, "questions_answers_YN");
  const images = folderWith(folder, "images");
  if (!existsSync(questions)) {
    findings.add(fault("file-missing", { path: folder }));
    return [];
  }
  const files = readdirSync(questions).filter((file) => file.endsWith(".txt"));
  for (const image of imagesIn(images)) {
    const text = image.replace(/\.\w+$/, ".txt");
    if (!files.includes(text)) findings.add(fault("file-missing", { path: join(questions, text) }));
  }
  return findings
    .each(files.sort(), (file) => {
      const stem = basename(file, ".txt");
      const image = [`${stem}.jpg`, `${stem}.png`].find((one) => existsSync(join(images, one)));
      if (image === undefined) throw fault("file-missing", { path: join(images, `${stem}.jpg`) });
      const lines = readTextLines(join(questions, file));
      if (lines.length !== 2) {
        const reason = `two questions are needed, not ${lines.length}`;
        throw fault("data-wrong", { file: join(questions, file), place: "", reason });
      }
      return lines.map((line, index) => {
        const [question = "", answer] = line.asText().split("\t");
        if (answer === undefined) throw line.wrong("question, tab and answer are needed");
        return {
          id: `${name}/${image}/${index}`,
          unit: image,
          image: join(images.slice(data.length + 1), image),
          question,
          references: [yesOrNo(line, answer)],
          group: name,
        };
      });
    })
    .flat();
}

function imagesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => /\.(jpg|png)$/.test(name));
}

function folderWith(folder: string, inner: string): string {
  return existsSync(join(folder, inner)) ? join(folder, inner) : folder;
}

/** What Tiny LVLM asks of a model. */
export const tinyAbilities = [
  "Visual_Reasoning",
  "Visual_Perception",
  "Visual_Knowledge_Acquisition",
  "Visual_Commonsense",
  "Object_Hallucination",
] as const;

/** Tiny LVLM: a folder for each ability with `dataset.json`. */
export const tinyLayout: TextLayout = {
  files: tinyAbilities.map((name) => `${name}/dataset.json`),
  read: (data, findings) =>
    tinyAbilities.flatMap((name) =>
      findings.each(readDocument(join(data, name, "dataset.json")).elements(), (entry, index) => ({
        id: `${name}/${index}`,
        unit: entry.text("image_path"),
        image: join(name, entry.text("image_path")),
        question: entry.text("question"),
        references: truthsOf(entry),
        group: name,
      })),
    ),
  references: (path, findings) => tinyLayout.read(path, findings),
};

function truthsOf(entry: DataEntry): readonly string[] {
  const { value } = entry.at("gt_answers");
  return Array.isArray(value) ? entry.texts("gt_answers") : [entry.text("gt_answers")];
}
