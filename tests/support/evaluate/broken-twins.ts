import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A way to spoil a miniature, and what the one diagnostic has to name: file and entry. */
export interface Twin {
  readonly spoil: (folder: string) => void;
  readonly names: readonly string[];
}

/** Why a layout cannot have such a twin. */
type None = string;

interface Twins {
  readonly task: string;
  /** The file that tells this layout from others of the task. */
  readonly main: string;
  readonly missingFile: Twin;
  readonly wrongField: Twin | None;
  readonly duplicateId: Twin | None;
}

const none = {
  position: "ids are positions",
  names: "ids are names of files, which a folder has once",
  captions: "an image has a line for each of its captions",
} as const;

const gone = (file: string): Twin => ({
  spoil: (folder) => rmSync(join(folder, file), { recursive: true }),
  names: [file],
});

/** Without either form the file of the first is asked for. */
const goneOf = (file: string, first: string): Twin => ({ ...gone(file), names: [first] });

type Document = Record<string, unknown>;

/** Changes a JSON document in place. */
function changed(file: string, change: (document: Document) => unknown, ...entry: string[]): Twin {
  return {
    spoil(folder) {
      const path = join(folder, file);
      const document = JSON.parse(readFileSync(path, "utf8")) as Document;
      writeFileSync(path, JSON.stringify(change(document) ?? document));
    },
    names: [file, ...entry],
  };
}

/** Changes the lines of a text. */
function lined(file: string, change: (lines: string[]) => void, ...entry: string[]): Twin {
  return {
    spoil(folder) {
      const path = join(folder, file);
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      change(lines);
      writeFileSync(path, lines.join("\n"));
    },
    names: [file, ...entry],
  };
}

/** The list at a name of a document, or the document itself. */
function listAt(document: Document, name: string): Document[] {
  return (name === "" ? document : document[name]) as Document[];
}

const wrong = (file: string, list: string, field: string): Twin =>
  changed(
    file,
    (document) => {
      const third = listAt(document, list)[2];
      if (third !== undefined) third[field] = 7.5;
    },
    `/2/${field}: `,
  );

const twice = (file: string, list: string): Twin =>
  changed(
    file,
    (document) => {
      const all = listAt(document, list);
      all.push(structuredClone(all[0] ?? {}));
    },
    `${list === "" ? "" : `/${list}`}/12`,
    "already",
  );

/** A document with a list of entries, whose ids stand in them. */
const listed = (task: string, file: string, list: string, field: string): Twins => ({
  ...{ task, main: file },
  missingFile: gone(file),
  wrongField: wrong(file, list, field),
  duplicateId: twice(file, list),
});

/** Images and captions in one document of COCO's form. */
const cocoForm = (task: string, file: string): Twins => ({
  ...listed(task, file, "images", "id"),
  wrongField: wrong(file, "annotations", "caption"),
});

const asLine = (line: string | undefined, change: (entry: Document) => void): string => {
  const entry = JSON.parse(line ?? "") as Document;
  change(entry);
  return JSON.stringify(entry);
};

const jsonLines = (task: string, file: string, field: string): Twins => ({
  ...{ task, main: file },
  missingFile: gone(file),
  wrongField: lined(
    file,
    (lines) => {
      lines[2] = asLine(lines[2], (entry) => {
        entry[field] = 7.5;
      });
    },
    `line 3/${field}`,
  ),
  duplicateId: lined(file, (lines) => lines.push(lines[0] ?? ""), "line 13", "already"),
});

const vqa = (task: string, prefix: string): Twins => {
  const questions = `${prefix}OpenEnded_mscoco_val2014_questions.json`;
  const annotations = `${prefix}mscoco_val2014_annotations.json`;
  return { ...listed(task, questions, "questions", "question"), missingFile: gone(annotations) };
};

/** Lines of name and caption. */
const captionLines = (task: string, file: string): Twins => ({
  ...{ task, main: file },
  missingFile: gone(file),
  wrongField: lined(
    file,
    (lines) => {
      lines[2] = "no name, only words";
    },
    "line 3",
  ),
  duplicateId: none.captions,
});

/** Which layout has which broken twin. */
export const brokenTwins: readonly Twins[] = [
  {
    ...cocoForm("captioning:coco", "coco_karpathy_test_gt.json"),
    missingFile: gone("coco_karpathy_test.json"),
  },
  cocoForm("captioning:flickr30k", "flickr30k_test_karpathy.json"),
  cocoForm("captioning:nocaps", "nocaps_val_4500_captions.json"),
  vqa("vqa:vqav2", "v2_"),
  vqa("vqa:okvqa", ""),
  listed(
    "vqa:vqav2_testdev",
    "v2_OpenEnded_mscoco_test-dev2015_questions.json",
    "questions",
    "question",
  ),
  listed("vqa:vizwiz", "val.json", "", "question"),
  listed("vqa:vizwiz_test", "test.json", "", "question"),
  listed("vqa:textvqa", "TextVQA_0.5.1_val.json", "data", "question"),
  {
    ...{ task: "vqa:gqa", main: "testdev_balanced_questions.json" },
    missingFile: gone("testdev_balanced_questions.json"),
    wrongField: changed(
      "testdev_balanced_questions.json",
      (document) => {
        (document["22"] as Document).answer = 7.5;
      },
      "/22/answer: ",
    ),
    duplicateId: {
      spoil(folder) {
        const path = join(folder, "testdev_balanced_questions.json");
        writeFileSync(path, readFileSync(path, "utf8").replace('"23":', '"22":'));
      },
      names: ["testdev_balanced_questions.json", "/22: the id `22` is there already"],
    },
  },
  listed("vqa:docvqa", "val_v1.0.json", "data", "question"),
  listed("vqa:infovqa", "infographicsVQA_val_v1.0_withQT.json", "data", "question"),
  jsonLines("vqa:ai2d", "test.jsonl", "question"),
  jsonLines("vqa:ocrvqa", "test.jsonl", "question"),
  {
    ...listed("vqa:chartqa", "test_human.json", "", "label"),
    missingFile: gone("test_augmented.json"),
    duplicateId: none.position,
  },
  jsonLines("pope", "coco_pope_popular.json", "label"),
  {
    ...{ task: "mme", main: "count/10 a.txt" },
    missingFile: gone("count/10 a.txt"),
    wrongField: lined(
      "count/10 a.txt",
      (lines) => {
        lines[1] = "Is it 11?\tPerhaps";
      },
      "line 2",
    ),
    duplicateId: none.names,
  },
  {
    ...listed("tiny_lvlm", "Visual_Perception/dataset.json", "", "question"),
    duplicateId: none.position,
  },
  cocoForm("retrieval:coco", "coco_test_karpathy.json"),
  {
    ...listed("retrieval:coco", "dataset_coco.json", "images", "filename"),
    missingFile: goneOf("dataset_coco.json", "coco_test_karpathy.json"),
    duplicateId: changed(
      "dataset_coco.json",
      (document) => {
        const images = listAt(document, "images");
        images.push(structuredClone(images[1] ?? {}));
      },
      "/images/13",
      "already",
    ),
  },
  captionLines("retrieval:flickr30k", "flickr30k_test_karpathy.txt"),
  {
    ...listed("retrieval:flickr30k", "dataset_flickr30k.json", "images", "filename"),
    missingFile: goneOf("dataset_flickr30k.json", "flickr30k_test_karpathy.txt"),
    duplicateId: changed(
      "dataset_flickr30k.json",
      (document) => {
        const images = listAt(document, "images");
        images.push(structuredClone(images[1] ?? {}));
      },
      "/images/13",
      "already",
    ),
  },
  captionLines("retrieval:flickr30k_cn", "flickr30k_cn_test.txt"),
  {
    ...captionLines("retrieval:flickr30k_cn", "flickr30k_cn_test.caption.txt"),
    missingFile: goneOf("flickr30k_cn_test.caption.txt", "flickr30k_cn_test.txt"),
    duplicateId: lined(
      "flickr30k_cn_test.caption.txt",
      (lines) => lines.push(lines[0] ?? ""),
      "line 25",
      "already",
    ),
  },
  cocoForm("retrieval:coco_cn", "coco-cn_test.json"),
  {
    ...{ task: "retrieval:coco_cn", main: "coco-cn_test.txt" },
    missingFile: gone("imageid.human-written-caption.txt"),
    wrongField: lined(
      "imageid.human-written-caption.txt",
      (lines) => {
        lines[0] = "no number";
      },
      "line 1",
    ),
    duplicateId: lined(
      "coco-cn_test.txt",
      (lines) => lines.push(lines[0] ?? ""),
      "line 13",
      "already",
    ),
  },
  {
    ...{ task: "retrieval:xtd", main: "test_image_names.txt" },
    missingFile: gone("test_1kcaptions_en.txt"),
    wrongField: lined("test_1kcaptions_en.txt", (lines) => lines.pop(), "line 11"),
    duplicateId: lined(
      "test_image_names.txt",
      (lines) => {
        lines[3] = lines[2] ?? "";
      },
      "line 4",
      "already",
    ),
  },
];
