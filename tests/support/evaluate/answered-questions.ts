import { posix } from "node:path";
import { type AnsweredSet, asked, cocoName, resultArray, shortAnswer } from "./answered-set.ts";
import {
  slowAnls,
  slowEquality,
  slowGqa,
  slowMean,
  slowRelaxed,
  slowTextVqa,
  slowVqaEval,
} from "./slow-answers.ts";

/** Ten people, all or two of whom say what the model says. */
const people = (answer: string, index: number): readonly string[] =>
  Array.from({ length: 10 }, (_, n) => (index % 2 === 0 || n < 2 ? answer : "Some Thing."));

const percent = (values: readonly number[]): number => Number((100 * slowMean(values)).toFixed(2));

function vqa(prefix: string): AnsweredSet {
  const questions = [0, 1].map((index) => ({
    image: `val2014/${cocoName(40 + index)}`,
    question: index === 0 ? "what is it, ein Hund?" : "@which of [two] is it?",
  }));
  return {
    ...asked,
    task: prefix === "" ? "vqa:okvqa" : "vqa:vqav2",
    questions,
    files: (answers) => ({
      [`${prefix}OpenEnded_mscoco_val2014_questions.json`]: {
        questions: questions.map(({ question }, index) => ({
          ...{ question_id: 400 + index, image_id: 40 + index, question },
        })),
      },
      [`${prefix}mscoco_val2014_annotations.json`]: {
        annotations: answers.map((answer, index) => ({
          ...{ question_id: 400 + index, image_id: 40 + index },
          ...{ question_type: "what", answer_type: index === 0 ? "other" : "number" },
          answers: people(answer, index).map((one, n) => ({ answer: one, answer_id: n + 1 })),
        })),
      },
    }),
    numbers: (answers) => ({
      accuracy: percent(answers.map((one, n) => slowVqaEval(one, people(one, n)))),
    }),
    results: (answers) =>
      resultArray(answers.map((answer, index) => ({ question_id: 400 + index, answer }))),
  };
}

const vizwizSentence =
  "When the provided information is insufficient, respond with 'Unanswerable'.";

const vizwiz: AnsweredSet = {
  task: "vqa:vizwiz",
  questions: [0, 1].map((index) => ({
    image: `val/VizWiz_val_${index}.jpg`,
    question: index === 0 ? "What's this?" : "is it red",
  })),
  files: (answers) => ({
    "val.json": vizwiz.questions.map(({ image, question }, index) => ({
      ...{ image: posix.basename(image), question, answer_type: "other", answerable: 1 },
      answers: people(answers[index] ?? "", index).map((answer) => ({
        ...{ answer, answer_confidence: "yes" },
      })),
    })),
  }),
  numbers: (answers) => ({
    accuracy: percent(answers.map((one, n) => slowVqaEval(one, people(one, n)))),
  }),
  results: (answers) =>
    resultArray(answers.map((answer, n) => ({ question_id: `VizWiz_val_${n}.jpg`, answer }))),
  promptOfC: (question) => `${question}\n${vizwizSentence}\n${shortAnswer}`,
  promptOfD: (question) => `${question} ${vizwizSentence} ${shortAnswer}`,
};

const textvqa: AnsweredSet = {
  ...asked,
  task: "vqa:textvqa",
  questions: [
    { image: "train_images/00a.jpg", question: "" },
    { image: "train_images/00b.jpg", question: "what does the SIGN say?" },
  ],
  files: (answers) => ({
    "TextVQA_0.5.1_val.json": {
      data: textvqa.questions.map(({ image, question }, index) => ({
        ...{ question_id: 34602 + index, image_id: posix.basename(image, ".jpg"), question },
        answers: people(answers[index] ?? "", index),
      })),
    },
  }),
  numbers: (answers) => ({
    accuracy: slowMean(answers.map((one, n) => slowTextVqa(one, people(one, n)))),
  }),
  results: (answers) =>
    resultArray(answers.map((answer, n) => ({ question_id: 34602 + n, answer }))),
};

const gqaTruth = (answer: string, index: number): string =>
  index === 0 ? answer.toLowerCase().replace(/\.*$/, "") : "something else";

const gqa: AnsweredSet = {
  ...asked,
  task: "vqa:gqa",
  questions: [0, 1].map((index) => ({
    image: `images/n${index}.jpg`,
    question: "Is it on the left?",
  })),
  files: (answers) => ({
    "testdev_balanced_questions.json": Object.fromEntries(
      answers.map((answer, n) => [
        `2${n}`,
        { question: "Is it on the left?", imageId: `n${n}`, answer: gqaTruth(answer, n) },
      ]),
    ),
  }),
  numbers: (answers) => ({
    accuracy: slowMean(answers.map((one, n) => slowGqa(one, gqaTruth(one, n)))),
  }),
  results: (answers) =>
    resultArray(answers.map((prediction, n) => ({ questionId: `2${n}`, prediction }))),
};

const nearly = (answer: string): readonly string[] => [`${answer} x`, "42"];

const docvqa: AnsweredSet = {
  ...asked,
  task: "vqa:docvqa",
  questions: [0, 1].map((page) => ({
    image: `documents/page ${page}.png`,
    question: "Which date, 一?",
  })),
  files: (answers) => ({
    "val_v1.0.json": {
      dataset_name: "docvqa",
      data: answers.map((answer, page) => ({
        ...{ questionId: 49153 + page, question: "Which date, 一?", docId: 7 + page },
        ...{ image: `documents/page ${page}.png`, answers: nearly(answer) },
      })),
    },
  }),
  numbers: (answers) => ({ ANLS: slowMean(answers.map((one) => slowAnls(one, nearly(one)))) }),
  results: (answers) =>
    resultArray(answers.map((answer, n) => ({ questionId: 49153 + n, answer }))),
};

const chartLabel = (answer: string, half: number): string => (half === 0 ? answer : "10");

const chartqa: AnsweredSet = {
  ...asked,
  task: "vqa:chartqa",
  questions: ["human", "augmented"].map((half) => ({
    image: `png/${half}.png`,
    question: "how much?",
  })),
  files: (answers) =>
    Object.fromEntries(
      ["human", "augmented"].map((half, n) => {
        const label = chartLabel(answers[n] ?? "", n);
        return [`test_${half}.json`, [{ imgname: `${half}.png`, query: "how much?", label }]];
      }),
    ),
  numbers: (answers) => ({
    "relaxed accuracy": slowMean(answers.map((one, n) => slowRelaxed(one, chartLabel(one, n)))),
    "exact match": slowMean(answers.map((one, n) => slowEquality(one, [chartLabel(one, n)]))),
  }),
  results: (answers) =>
    resultArray(answers.map((answer, n) => ({ answer, annotation: chartLabel(answer, n) }))),
};

const optionsSentence = "Please answer the question based on the options mentioned before.";
const ai2dTruth = (answer: string, index: number): string =>
  index === 0 ? answer.toUpperCase() : "B";

const ai2d: AnsweredSet = {
  task: "vqa:ai2d",
  questions: [0, 1].map((index) => ({ image: `ai2d/${index}.png`, question: "Which? A. a B. b" })),
  files: (answers) => ({
    "test.jsonl": answers
      .map((answer, n) =>
        JSON.stringify({
          ...{ image: `ai2d/${n}.png`, question: "Which? A. a B. b", question_id: n },
          answer: ai2dTruth(answer, n),
        }),
      )
      .join("\n"),
  }),
  numbers: (answers) => ({
    accuracy: slowMean(answers.map((one, n) => slowEquality(one, [ai2dTruth(one, n)]))),
  }),
  results: (answers) => resultArray(answers.map((answer, n) => ({ question_id: n, answer }))),
  promptOfC: (question) => `${question}\n${optionsSentence}`,
  promptOfD: (question) => `${question} ${optionsSentence}`,
};

/** Sets whose answers are words. */
export const answeredQuestions: readonly AnsweredSet[] = [
  ...[vqa("v2_"), vqa(""), vizwiz, textvqa, gqa, docvqa, chartqa, ai2d],
];
