import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A data set of twelve items in an official layout: its files, the images that they name, and how it can be broken. */
export interface Miniature {
  readonly task: string;
  /** Documents by path. Texts and bytes are written as they are, all else as JSON. */
  readonly files: Readonly<Record<string, unknown>>;
  readonly images: readonly string[];
  /** The file whose entries are broken, and how an entry with this number is found and changed. */
  readonly main: string;
  /** What `--references` takes, below the folder. */
  readonly references: string;
}

export const itemCount = 12;
const numbers = Array.from({ length: itemCount }, (_, index) => index);

/** Captions and questions with what texts can hold: umlauts, CJK, nothing, commas, a name in the middle. */
export const oddTexts = [
  "a dog runs on the grass",
  "ein Hund läuft über die grüne Wiese",
  "一只狗在草地上奔跑",
  "",
  "a dog, a cat, and a bird",
  "the file dog.jpg, as it was named",
  "A man's dog isn't there.",
  "two   dogs\ton a sofa",
  'he said "stop" (twice)...',
  "a dog 🐕 and a ball",
  "dogs #1; dogs: *all*",
  "a DOG",
] as const;
const textOf = (index: number): string => oddTexts[index % itemCount] ?? "";
const cocoName = (index: number): string =>
  `COCO_val2014_${String(index + 40).padStart(12, "0")}.jpg`;
const coco = numbers.map((index) => `val2014/${cocoName(index)}`);

const captionDocument = (fileName: (index: number) => string | undefined) => ({
  images: numbers.map((index) => ({ id: index + 40, file_name: fileName(index) })),
  annotations: numbers.flatMap((index) =>
    [0, 1].map((which) => ({
      id: 2 * index + which,
      image_id: index + 40,
      caption: textOf(index + which),
    })),
  ),
});

const tenAnswers = (index: number) =>
  numbers.slice(0, 10).map((one) => (one < 6 ? `answer ${index}` : "no"));
const vqaDocuments = (prefix: string) => ({
  [`${prefix}OpenEnded_mscoco_val2014_questions.json`]: {
    questions: numbers.map((index) => ({
      question_id: 400 + index,
      image_id: index + 40,
      question: `what is it, ${textOf(index)}?`,
    })),
  },
  [`${prefix}mscoco_val2014_annotations.json`]: {
    annotations: numbers.map((index) => ({
      question_id: 400 + index,
      image_id: index + 40,
      question_type: index % 2 === 0 ? "what is" : "is the",
      answer_type: index % 3 === 0 ? "yes/no" : "other",
      answers: tenAnswers(index).map((answer, place) => ({ answer, answer_id: place + 1 })),
    })),
  },
});

const popeLines = (category: string): string =>
  numbers
    .map((index) =>
      JSON.stringify({
        question_id: index + 1,
        image: cocoName(index),
        text: `Is there a ${category} thing?`,
        label: index % 2 === 0 ? "yes" : "no",
      }),
    )
    .join("\n");

const perception = "existence count position color posters celebrity scene landmark artwork OCR";
const cognition = "commonsense_reasoning numerical_calculation text_translation code_reasoning";
const subtasks = `${perception} ${cognition}`.split(" ");
/** Those whose images and questions lie in folders of their own. */
const nested = new Set(["artwork", "celebrity", "landmark", "posters", "scene"]);
const mmeImages = subtasks.flatMap((name) =>
  [2, 10].map((number) => `${name}/${nested.has(name) ? "images/" : ""}${number} a.jpg`),
);
const mmeFiles = Object.fromEntries(
  subtasks.flatMap((name) =>
    [2, 10].map((number) => [
      `${name}/${nested.has(name) ? "questions_answers_YN/" : ""}${number} a.txt`,
      `Is it ${number}? Please answer yes or no.\tYes\nIs it ${number + 1}?\tNo\n`,
    ]),
  ),
);

const abilities = [
  "Visual_Reasoning",
  "Visual_Perception",
  "Visual_Knowledge_Acquisition",
  "Visual_Commonsense",
  "Object_Hallucination",
];

export const textMiniatures: readonly Miniature[] = [
  {
    task: "captioning:coco",
    files: {
      "coco_karpathy_test.json": coco.map((image) => ({ image, caption: [] })),
      "coco_karpathy_test_gt.json": captionDocument(() => undefined),
    },
    images: coco,
    main: "coco_karpathy_test_gt.json#/annotations",
    references: "coco_karpathy_test_gt.json",
  },
  ...(["flickr30k_test_karpathy.json Images", "nocaps_val_4500_captions.json images"] as const).map(
    (named): Miniature => {
      const [file = "", folder = ""] = named.split(" ");
      return {
        task: file.startsWith("nocaps") ? "captioning:nocaps" : "captioning:flickr30k",
        files: { [file]: captionDocument((index) => `${index} ä.jpg`) },
        images: numbers.map((index) => `${folder}/${index} ä.jpg`),
        main: `${file}#/images`,
        references: file,
      };
    },
  ),
  ...(["v2_", ""] as const).map((prefix): Miniature => {
    const annotations = `${prefix}mscoco_val2014_annotations.json`;
    return {
      task: prefix === "" ? "vqa:okvqa" : "vqa:vqav2",
      files: vqaDocuments(prefix),
      images: coco,
      main: `${annotations}#/annotations`,
      references: annotations,
    };
  }),
  {
    task: "vqa:vizwiz",
    files: {
      "val.json": numbers.map((index) => ({
        image: `VizWiz_val_${index}.jpg`,
        question: textOf(index),
        answers: tenAnswers(index).map((answer) => ({ answer, answer_confidence: "yes" })),
        answer_type: "other",
        answerable: 1,
      })),
    },
    images: numbers.map((index) => `val/VizWiz_val_${index}.jpg`),
    main: "val.json#",
    references: "val.json",
  },
  {
    task: "vqa:textvqa",
    files: {
      "TextVQA_0.5.1_val.json": {
        data: numbers.map((index) => ({
          question_id: 34602 + index,
          image_id: `00${index}`,
          question: textOf(index),
          answers: tenAnswers(index),
        })),
      },
    },
    images: numbers.map((index) => `train_images/00${index}.jpg`),
    main: "TextVQA_0.5.1_val.json#/data",
    references: "TextVQA_0.5.1_val.json",
  },
  {
    task: "vqa:gqa",
    files: {
      "testdev_balanced_questions.json": Object.fromEntries(
        numbers.map((index) => [
          `2${index}`,
          { question: textOf(index), imageId: `n${index}`, answer: index % 2 === 0 ? "yes" : "no" },
        ]),
      ),
    },
    images: numbers.map((index) => `images/n${index}.jpg`),
    main: "testdev_balanced_questions.json#",
    references: "testdev_balanced_questions.json",
  },
  {
    task: "vqa:docvqa",
    files: {
      "val_v1.0.json": {
        dataset_name: "docvqa",
        data: numbers.map((index) => ({
          questionId: 49153 + index,
          question: textOf(index),
          image: `documents/page ${index}.png`,
          docId: 14465 + Math.floor(index / 2),
          answers: [`answer ${index}`, "42"],
        })),
      },
    },
    images: numbers.map((index) => `documents/page ${index}.png`),
    main: "val_v1.0.json#/data",
    references: "val_v1.0.json",
  },
  {
    task: "vqa:chartqa",
    files: Object.fromEntries(
      ["human", "augmented"].map((half) => [
        `test_${half}.json`,
        numbers.slice(0, 6).map((index) => ({
          imgname: `${half}${index}.png`,
          query: textOf(index),
          label: String(10 * index),
        })),
      ]),
    ),
    images: ["human", "augmented"].flatMap((half) =>
      numbers.slice(0, 6).map((index) => `png/${half}${index}.png`),
    ),
    main: "test_human.json#",
    references: "test_human.json",
  },
  {
    task: "pope",
    files: Object.fromEntries(
      ["adversarial", "popular", "random"].map((name) => [
        `coco_pope_${name}.json`,
        popeLines(name),
      ]),
    ),
    images: coco,
    main: "coco_pope_popular.json",
    references: ".",
  },
  {
    task: "mme",
    files: mmeFiles,
    images: mmeImages,
    main: "count/10 a.txt",
    references: ".",
  },
  {
    task: "tiny_lvlm",
    files: Object.fromEntries(
      abilities.map((name) => [
        `${name}/dataset.json`,
        numbers.slice(0, 3).map((index) => ({
          image_path: `images/${index}.jpg`,
          question: textOf(index),
          gt_answers: index % 2 === 0 ? `answer ${index}` : ["yes", "sure"],
        })),
      ]),
    ),
    images: abilities.flatMap((name) =>
      numbers.slice(0, 3).map((index) => `${name}/images/${index}.jpg`),
    ),
    main: "Visual_Perception/dataset.json#",
    references: ".",
  },
];

/** Writes a miniature; images are what `image` gives for their number. */
export function writeMiniature(
  { files, images }: Pick<Miniature, "files" | "images">,
  folder: string,
  image: (index: number) => Uint8Array,
): void {
  const write = (path: string, content: string | Uint8Array): void => {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
  };
  for (const [path, content] of Object.entries(files)) write(path, writtenForm(content));
  for (const [index, path] of images.entries()) write(path, image(index));
}

/** Texts and bytes are written as they are, all else as JSON. */
export function writtenForm(content: unknown): string | Uint8Array {
  const isPlain = typeof content === "string" || content instanceof Uint8Array;
  return isPlain ? content : JSON.stringify(content);
}
