// Questions about images whose sets come as JSON documents, each in a form of its own.
import { join } from "node:path";
import { type DataEntry, UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument, readMembers, readRecords } from "../entries/read-entries.ts";
import type { TextItem } from "../scores/text-item.ts";
import { cocoName, type TextLayout } from "./text-layout.ts";

/** VQAv2 and OKVQA: a file of questions and one of annotations, which belong together by `question_id`. */
export function vqaLayout(prefix: string, subset: string): TextLayout {
  const questions = `${prefix}OpenEnded_mscoco_${subset}_questions.json`;
  const annotations = `${prefix}mscoco_${subset}_annotations.json`;
  return {
    files: [questions, annotations, `${subset}/`],
    read(data, findings) {
      const references = vqaAnnotations(join(data, annotations), findings);
      const known = new Map(references.map((item) => [item.id, item]));
      const ids = new UniqueIds();
      return findings.each(readDocument(join(data, questions)).list("questions"), (entry) => {
        const id = entry.id("question_id");
        ids.add(id, entry.at("question_id"));
        const image = join(subset, cocoName(subset, entry.id("image_id")));
        const found = known.get(id);
        if (found === undefined) throw entry.wrong(`\`${id}\` has no annotation`);
        return { ...found, unit: entry.id("image_id"), image, question: entry.text("question") };
      });
    },
    references: vqaAnnotations,
  };
}

/** A part of VQAv2 whose answers only the server has. */
export function vqaQuestions(subset: string, images: string): TextLayout {
  const questions = `v2_OpenEnded_mscoco_${subset}_questions.json`;
  const read = (path: string, findings: Findings): readonly TextItem[] => {
    const ids = new UniqueIds();
    return findings.each(readDocument(path).list("questions"), (entry) => {
      const [id, unit] = [entry.id("question_id"), entry.id("image_id")];
      ids.add(id, entry.at("question_id"));
      const image = join(images, cocoName(images, unit));
      return { id, unit, image, question: entry.text("question"), references: [] };
    });
  };
  return {
    files: [questions, `${images}/`],
    read: (data, findings) => read(join(data, questions), findings),
    references: read,
  };
}

function vqaAnnotations(path: string, findings: Findings): readonly TextItem[] {
  const ids = new UniqueIds();
  return findings.each(readDocument(path).list("annotations"), (entry) => {
    const id = entry.id("question_id");
    ids.add(id, entry.at("question_id"));
    const kinds = ["answer_type", "question_type"].flatMap((name) =>
      entry.has(name) ? [[name, entry.text(name)] as const] : [],
    );
    return {
      id,
      unit: entry.id("image_id"),
      image: "",
      question: "",
      references: entry.list("answers").map((answer) => answer.text("answer")),
      kinds: Object.fromEntries(kinds),
    };
  });
}

/** A document with the items somewhere in it. */
interface DocumentForm {
  readonly file: string;
  readonly folder: string;
  readonly entries: (path: string, findings: Findings) => Iterable<readonly [string, DataEntry]>;
  readonly item: (entry: DataEntry, key: string) => Omit<TextItem, "image"> & { image?: string };
}

function documentLayout({ file, folder, entries, item }: DocumentForm): TextLayout {
  const read = (path: string, findings: Findings, place: string): readonly TextItem[] => {
    const ids = new UniqueIds();
    return findings.each(entries(path, findings), ([key, entry]) => {
      const found = item(entry, key);
      ids.add(found.id, entry);
      return { ...found, image: place === "" ? "" : join(place, found.image ?? "") };
    });
  };
  return {
    files: [file, `${folder}/`],
    read: (data, findings) => read(join(data, file), findings, folder),
    references: (path, findings) => read(path, findings, ""),
  };
}

const numbered = (entries: readonly DataEntry[]) =>
  entries.map((entry, index) => [String(index), entry] as const);

/** GQA: an object by question id. */
export const gqaLayout: TextLayout = documentLayout({
  file: "testdev_balanced_questions.json",
  folder: "images",
  entries: readMembers,
  item: (entry, id) => ({
    id,
    unit: entry.id("imageId"),
    image: `${entry.id("imageId")}.jpg`,
    question: entry.text("question"),
    references: [entry.text("answer")],
  }),
});

/** VizWiz: an array in which the image's name is the id. The answers of its test part are not public. */
export function vizwizLayout(part: string, hasAnswers: boolean): TextLayout {
  return documentLayout({
    file: `${part}.json`,
    folder: part,
    entries: (path) => numbered(readDocument(path).elements()),
    item: (entry) => ({
      id: entry.text("image"),
      unit: entry.text("image"),
      image: entry.text("image"),
      question: entry.text("question"),
      references: hasAnswers ? entry.list("answers").map((answer) => answer.text("answer")) : [],
      ...(entry.has("answer_type") ? { kinds: { answer_type: entry.text("answer_type") } } : {}),
    }),
  });
}

/** TextVQA: `data[]` with ten answers as texts. */
export const textvqaLayout: TextLayout = documentLayout({
  file: "TextVQA_0.5.1_val.json",
  folder: "train_images",
  entries: (path) => numbered(readDocument(path).list("data")),
  item: (entry) => ({
    id: entry.id("question_id"),
    unit: entry.id("image_id"),
    image: `${entry.id("image_id")}.jpg`,
    question: entry.text("question"),
    references: entry.texts("answers"),
  }),
});

/** DocVQA and InfographicsVQA: `data[]`, a document or an image each. */
export function documentVqaLayout(file: string, folder: string): TextLayout {
  return documentLayout({
    file,
    folder,
    entries: (path) => numbered(readDocument(path).list("data")),
    item: (entry) => {
      const unit = entry.nameOf("docId", "image", "image_local_name") ?? "image";
      const image = entry.nameOf("image", "image_local_name") ?? "image";
      return {
        id: entry.id("questionId"),
        unit: entry.id(unit),
        // DocVQA names its folder, which is where the images are here, too.
        image: entry.text(image).replace(/^documents\//, ""),
        question: entry.text("question"),
        references: entry.texts("answers"),
      };
    },
  });
}

const chartHalves = ["human", "augmented"] as const;

/** ChartQA: two arrays, whose accuracies are averaged. Ids are made of half and position. */
export const chartqaLayout: TextLayout = {
  files: [...chartHalves.map((half) => `test_${half}.json`), "png/"],
  read: (data, findings) =>
    chartHalves.flatMap((half) => chartHalf(join(data, `test_${half}.json`), half, findings)),
  references(path, findings) {
    const half = chartHalves.find((name) => path.includes(name));
    return chartHalf(path, half, findings);
  },
};

function chartHalf(
  path: string,
  half: string | undefined,
  findings: Findings,
): readonly TextItem[] {
  return findings.each(readDocument(path).elements(), (entry, index) => ({
    id: half === undefined ? String(index) : `${half}/${index}`,
    unit: entry.text("imgname"),
    image: join("png", entry.text("imgname")),
    question: entry.text("query"),
    references: [entry.text("label")],
    ...(half === undefined ? {} : { group: half }),
  }));
}

/** The form into which chats convert many sets: an object per line, `answer` where it is known. */
export function linesLayout(file: string): TextLayout {
  const read = (path: string, findings: Findings): readonly TextItem[] => {
    const ids = new UniqueIds();
    return findings.each(readRecords(path), (entry) => {
      const id = entry.id("question_id");
      ids.add(id, entry);
      return {
        id,
        unit: entry.text("image"),
        image: entry.text("image"),
        question: entry.text(entry.nameOf("question", "text") ?? "question"),
        references: answersOf(entry),
      };
    });
  };
  return {
    files: [file],
    read: (data, findings) => read(join(data, file), findings),
    references: read,
  };
}

function answersOf(entry: DataEntry): readonly string[] {
  const field = entry.nameOf("answers", "answer");
  if (field === undefined) return [];
  const { value } = entry.at(field);
  return Array.isArray(value) ? entry.texts(field) : [entry.text(field)];
}
