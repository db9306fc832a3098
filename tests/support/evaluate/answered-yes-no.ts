import { type AnsweredSet, asked, cocoName, resultArray } from "./answered-set.ts";
import { slowF1, slowMean, slowMme, slowWholeWords } from "./slow-answers.ts";

const categories = ["adversarial", "popular", "random"];
const popeQuestion = (category: string): string => `Is there a ${category} dog in the image?`;
const popeLabel = (index: number): string => (index % 2 === 0 ? "yes" : "no");
const popeRows = categories.flatMap((category) =>
  [0, 1].map((index) => ({ category, index, image: cocoName(40 + index) })),
);

export const popeSet: AnsweredSet = {
  task: "pope",
  questions: popeRows.map(({ category, image }) => ({
    image: `val2014/${image}`,
    question: popeQuestion(category),
  })),
  files: () =>
    Object.fromEntries(
      categories.map((category) => [
        `coco_pope_${category}.json`,
        popeRows
          .filter((row) => row.category === category)
          .map(({ index, image }) =>
            JSON.stringify({
              ...{ question_id: index + 1, image, text: popeQuestion(category) },
              label: popeLabel(index),
            }),
          )
          .join("\n"),
      ]),
    ),
  numbers(answers) {
    const scores = categories.map((_, n) =>
      slowF1(answers.slice(2 * n, 2 * n + 2), [popeLabel(0), popeLabel(1)]),
    );
    const known = scores.filter((score) => score !== null);
    return {
      "mean F1": known.length === 3 ? slowMean(known) : null,
      ...Object.fromEntries(categories.map((name, n) => [`F1 ${name}`, scores[n] ?? null])),
    };
  },
  results: (answers) =>
    Object.fromEntries(
      categories.map((category, n) => [
        `${category}.jsonl`,
        answers
          .slice(2 * n, 2 * n + 2)
          .map((answer) => `${JSON.stringify({ question: popeQuestion(category), answer })}\n`)
          .join(""),
      ]),
    ),
  promptOfC: asked.promptOfC,
  promptOfD: (question) => question,
};

const perception = "existence count position color posters celebrity scene landmark artwork OCR";
const cognition = "commonsense_reasoning numerical_calculation text_translation code_reasoning";
const subtasks = [...perception.split(" "), ...cognition.split(" ")];
const nested = new Set(["artwork", "celebrity", "landmark", "posters", "scene"]);
const mmeTruths = ["Yes", "No"];
const mmeQuestion = (n: number): string => `Is it ${n + 1}? Please answer yes or no.`;
const mmeFolder = (name: string, inner: string): string =>
  nested.has(name) ? `${name}/${inner}` : name;

export const mmeSet: AnsweredSet = {
  ...asked,
  task: "mme",
  questions: subtasks.flatMap((name) =>
    mmeTruths.map((_, n) => ({
      image: `${mmeFolder(name, "images")}/${name} 1.jpg`,
      question: mmeQuestion(n),
    })),
  ),
  files: () =>
    Object.fromEntries(
      subtasks.map((name) => [
        `${mmeFolder(name, "questions_answers_YN")}/${name} 1.txt`,
        `${mmeTruths.map((truth, n) => `${mmeQuestion(n)}\t${truth}`).join("\n")}\n`,
      ]),
    ),
  /** Of as many subtasks as there are answers for. */
  numbers(answers) {
    const scores = subtasks.slice(0, answers.length / 2).map((name, place) => {
      const own = answers.slice(2 * place, 2 * place + 2);
      const pair = own.map((answer, n) => ({ answer, truth: mmeTruths[n] ?? "" }));
      return [name, slowMme([pair])] as const;
    });
    const sum = (names: string): number | null => {
      const own = scores.filter(([name]) => names.split(" ").includes(name));
      return own.length === 0 ? null : own.reduce((total, [, score]) => total + score, 0);
    };
    return {
      perception: sum(perception),
      cognition: sum(cognition),
      ...Object.fromEntries(scores),
    };
  },
  results: (answers) =>
    Object.fromEntries(
      subtasks.slice(0, answers.length / 2).map((name, place) => [
        `${name}.txt`,
        mmeTruths
          .map((truth, n) => {
            const answer = answers[2 * place + n] ?? "";
            return `${name} 1.jpg\t${mmeQuestion(n)}\t${truth}\t${answer}\n`;
          })
          .join(""),
      ]),
    ),
};

const abilities = [
  "Visual_Reasoning",
  "Visual_Perception",
  "Visual_Knowledge_Acquisition",
  "Visual_Commonsense",
  "Object_Hallucination",
];
const tinyTruths = (answer: string, index: number): string | readonly string[] =>
  index % 2 === 0 ? ["sure", answer] : "sure";

export const tinySet: AnsweredSet = {
  ...asked,
  task: "tiny_lvlm",
  questions: abilities.map((name) => ({ image: `${name}/images/1.jpg`, question: "What is it?" })),
  files: (answers) =>
    Object.fromEntries(
      abilities.map((name, n) => [
        `${name}/dataset.json`,
        [
          {
            ...{ image_path: "images/1.jpg", question: "What is it?" },
            gt_answers: tinyTruths(answers[n] ?? "", n),
          },
        ],
      ]),
    ),
  numbers(answers) {
    const scores = answers.map((one, n) => slowWholeWords(one, [tinyTruths(one, n)].flat()));
    return {
      sum: scores.reduce((sum, score) => sum + score, 0),
      ...Object.fromEntries(abilities.map((name, n) => [name, scores[n] ?? null])),
    };
  },
  results: (answers) =>
    resultArray(
      answers.map((answer, n) => ({
        ...{ question: "What is it?", answer, gt_answers: [tinyTruths(answer, n)].flat() },
        ...{ image_path: `${abilities[n]}/images/1.jpg`, task_type: abilities[n] },
      })),
    ),
};
