import { defineFault } from "./fault-entry.ts";

/** What can be wrong with the data of an evaluation. */
export const evaluationFaults = {
  "data-wrong": defineFault<{ file: string; place: string; reason: string }>({
    exitCode: 1,
    title: "An entry in a file of data is not as its layout needs it",
    message: ({ file, place, reason }) =>
      `\`${file}\`${place === "" ? "" : `, ${place}`}: ${reason}`,
    explain:
      "Evaluations read the files of a data set as they were published. An entry is named by its line or, in a JSON document, by a pointer: `/annotations/7/image_id` is the `image_id` of the eighth annotation. Nothing is skipped in silence, because a table over fewer items is another table; up to twenty entries are named at once.",
  }),
  "prediction-missing": defineFault<{ file: string; id: string; others: number }>({
    exitCode: 1,
    title: "Items of a data set have no prediction",
    message: ({ file, id, others }) =>
      `\`${file}\` has no prediction for \`${id}\`${others === 0 ? "" : ` and ${others} others`}`,
    hint: () => "with --allow-missing they count as wrong answers",
    explain:
      "Scores are formed over every item of the references. A prediction that is missing is an error; `--allow-missing` counts it as wrong (for captions: an empty caption), never as an item that is not there.",
  }),
  "task-unknown": defineFault<{ task: string; known: readonly string[] }>({
    exitCode: 1,
    title: "There is no such task of evaluation",
    message: ({ task }) => `there is no task \`${task}\``,
    hint: ({ known }) => `there are ${known.join(", ")}`,
    explain:
      "`weft eval --task NAME` or `--task NAME:SET` takes one of the tasks that `docs/evaluation.md` lists.",
  }),
  "eval-request": defineFault<{ reason: string; hint?: string | undefined }>({
    exitCode: 1,
    title: "An evaluation lacks what it needs",
    message: ({ reason }) => reason,
    hint: ({ hint }) => hint,
    explain:
      "An evaluation runs a model (`weft eval FILE --model M --task T --data D --weights W`) or scores predictions that are there (`weft eval --task T --predictions F --references R`). The message says what is missing or does not go together.",
  }),
} as const;
