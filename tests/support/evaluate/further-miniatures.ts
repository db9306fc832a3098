import { itemCount, type Miniature, oddTexts } from "./text-miniatures.ts";

const numbers = Array.from({ length: itemCount }, (_, index) => index);
const textOf = (index: number): string => oddTexts[index % itemCount] ?? "";

/** Parts whose answers only a server has, and the other sets of documents and of objects by the line. */
export const furtherMiniatures: readonly Miniature[] = [
  {
    task: "vqa:vqav2_testdev",
    files: {
      "v2_OpenEnded_mscoco_test-dev2015_questions.json": {
        questions: numbers.map((index) => ({
          question_id: 500 + index,
          image_id: index + 40,
          question: `what is it, ${textOf(index)}?`,
        })),
      },
    },
    images: numbers.map(
      (index) => `test2015/COCO_test2015_${String(index + 40).padStart(12, "0")}.jpg`,
    ),
    main: "v2_OpenEnded_mscoco_test-dev2015_questions.json#/questions",
    references: "v2_OpenEnded_mscoco_test-dev2015_questions.json",
  },
  {
    task: "vqa:vizwiz_test",
    files: {
      "test.json": numbers.map((index) => ({
        image: `VizWiz_test_${index}.jpg`,
        question: textOf(index),
      })),
    },
    images: numbers.map((index) => `test/VizWiz_test_${index}.jpg`),
    main: "test.json#",
    references: "test.json",
  },
  {
    task: "vqa:infovqa",
    files: {
      "infographicsVQA_val_v1.0_withQT.json": {
        dataset_name: "infographicVQA",
        data: numbers.map((index) => ({
          questionId: 70000 + index,
          question: textOf(index),
          image_local_name: `3${index}.jpeg`,
          answers: [`answer ${index}`, "42"],
        })),
      },
    },
    images: numbers.map((index) => `images/3${index}.jpeg`),
    main: "infographicsVQA_val_v1.0_withQT.json#/data",
    references: "infographicsVQA_val_v1.0_withQT.json",
  },
  ...["ai2d", "ocrvqa"].map(
    (set): Miniature => ({
      task: `vqa:${set}`,
      files: {
        "test.jsonl": numbers
          .map((index) =>
            JSON.stringify({
              image: `${set}/${index}.png`,
              question: textOf(index),
              question_id: index,
              answer: set === "ai2d" ? "B" : [`answer ${index}`, "42"],
            }),
          )
          .join("\n"),
      },
      images: numbers.map((index) => `${set}/${index}.png`),
      main: "test.jsonl",
      references: "test.jsonl",
    }),
  ),
];
