// The tasks whose models answer with a text: one record each, with layout, prompt and metric.

import type { Findings } from "../entries/findings.ts";
import type { PairedTexts } from "../given/pair-texts.ts";
import { mmeRows, popeLists } from "../given/yes-no-forms.ts";
import { cocoCaptioning, flickrCaptioning, nocapsCaptioning } from "../layouts/caption-layouts.ts";
import {
  chartqaLayout,
  documentVqaLayout,
  gqaLayout,
  linesLayout,
  textvqaLayout,
  vizwizLayout,
  vqaLayout,
  vqaQuestions,
} from "../layouts/question-layouts.ts";
import type { TextLayout } from "../layouts/text-layout.ts";
import { mmeLayout, popeLayout, tinyAbilities, tinyLayout } from "../layouts/yes-no-layouts.ts";
import { cognition, hearMme, perception } from "../metrics/mme.ts";
import { abilityMetric } from "../scores/ability-scores.ts";
import { type AnswerRuleName, answerNumbers, answerScores } from "../scores/answer-scores.ts";
import { type CaptionTokenizer, captionNumbers, captionScores } from "../scores/caption-scores.ts";
import { mmeMetric } from "../scores/mme-scores.ts";
import type { TextMetric } from "../scores/text-item.ts";
import { yesNoMetric } from "../scores/yes-no-scores.ts";
import { type ResultFile, resultFiles } from "../written/result-files.ts";
import { numbersOf, type TaskRecord } from "./task-record.ts";
import { type Asker, type Asking, askings } from "./text-protocols.ts";

export interface TextTask extends TaskRecord {
  readonly kind: "text";
  readonly layout: TextLayout;
  readonly metric: (options: MetricOptions) => TextMetric;
  readonly asking: Asking;
  /** What its server takes. */
  readonly result: ResultFile;
  /** What the scorer hears, where it is not what the model said. */
  readonly heard?: (text: string, asker: Asker) => string;
  /** Ids begin again in its parts. */
  readonly byOrder?: boolean;
  /** Files that hold answers and truths side by side. */
  readonly sideBySide?: (path: string, findings: Findings) => PairedTexts | undefined;
}

interface MetricOptions {
  readonly tokenizer: CaptionTokenizer;
}

function captioning(set: string, layout: TextLayout): TextTask {
  return {
    kind: "text",
    name: `captioning:${set}`,
    rows: [47],
    summary: "captions of images: CIDEr, BLEU, ROUGE-L",
    unit: "image",
    layout,
    rule: "coco_captions",
    numbers: numbersOf(captionNumbers, (name) =>
      name.toLowerCase().replace("-l", "_l").replace("-", ""),
    ),
    metric: ({ tokenizer }) => captionScores(tokenizer),
    asking: askings.caption,
    result: resultFiles.captions,
  };
}

interface Questions {
  readonly layout: TextLayout;
  readonly rule: AnswerRuleName;
  readonly asking?: Asking;
  readonly unit?: string;
  readonly result?: ResultFile;
}

function questions(
  set: string,
  { layout, rule, asking = askings.short, unit = "image", result = resultFiles.answers }: Questions,
): TextTask {
  return {
    kind: "text",
    name: `vqa:${set}`,
    rows: [48],
    summary: `questions about images, scored by \`${rule}\``,
    unit,
    layout,
    rule,
    numbers: numbersOf(answerNumbers(rule)),
    metric: () => answerScores(rule),
    asking,
    result,
  };
}

export const textTasks: readonly TextTask[] = [
  captioning("coco", cocoCaptioning),
  captioning("flickr30k", flickrCaptioning),
  captioning("nocaps", nocapsCaptioning),
  questions("vqav2", { layout: vqaLayout("v2_", "val2014"), rule: "vqa_eval" }),
  questions("okvqa", { layout: vqaLayout("", "val2014"), rule: "vqa_eval" }),
  questions("vqav2_testdev", {
    layout: vqaQuestions("test-dev2015", "test2015"),
    rule: "unscored",
  }),
  questions("vizwiz", {
    layout: vizwizLayout("val", true),
    rule: "vqa_eval",
    asking: askings.vizwiz,
  }),
  questions("vizwiz_test", {
    layout: vizwizLayout("test", false),
    rule: "unscored",
    asking: askings.vizwiz,
    result: resultFiles.images,
  }),
  questions("textvqa", { layout: textvqaLayout, rule: "textvqa" }),
  questions("gqa", { layout: gqaLayout, rule: "gqa", result: resultFiles.gqa }),
  questions("docvqa", {
    layout: documentVqaLayout("val_v1.0.json", "documents"),
    rule: "anls",
    asking: askings.long,
    unit: "document",
    result: resultFiles.documents,
  }),
  questions("infovqa", {
    layout: documentVqaLayout("infographicsVQA_val_v1.0_withQT.json", "images"),
    rule: "anls",
    asking: askings.long,
    result: resultFiles.documents,
  }),
  questions("chartqa", {
    layout: chartqaLayout,
    rule: "relaxed",
    asking: askings.long,
    result: resultFiles.charts,
  }),
  questions("ai2d", {
    layout: linesLayout("test.jsonl"),
    rule: "equality",
    asking: askings.options,
  }),
  questions("ocrvqa", {
    layout: linesLayout("test.jsonl"),
    rule: "equality",
    asking: askings.long,
  }),
  {
    kind: "text",
    name: "pope",
    rows: [50],
    summary: "whether objects are in an image: F1, three categories",
    unit: "image, drawn once for all categories",
    layout: popeLayout,
    rule: "pope",
    numbers: {
      f1: "mean F1",
      f1_random: "F1 random",
      f1_popular: "F1 popular",
      f1_adversarial: "F1 adversarial",
    },
    metric: () => yesNoMetric,
    asking: askings.pope,
    result: resultFiles.pope,
    byOrder: true,
    sideBySide: popeLists,
  },
  {
    kind: "text",
    name: "mme",
    rows: [49],
    summary: "pairs of yes-no questions: perception and cognition",
    unit: "image within its subtask",
    layout: mmeLayout,
    rule: "mme",
    numbers: numbersOf(["perception", "cognition", ...perception, ...cognition]),
    metric: () => mmeMetric,
    asking: askings.mme,
    result: resultFiles.mme,
    heard: (text, asker) => (asker === "chat_d" ? hearMme(text) : text),
    sideBySide: mmeRows,
  },
  {
    kind: "text",
    name: "tiny_lvlm",
    rows: [51],
    summary: "the sum of five abilities",
    unit: "image within its ability",
    layout: tinyLayout,
    rule: "whole_words",
    numbers: numbersOf(["sum", ...tinyAbilities]),
    metric: () => abilityMetric,
    asking: askings.tiny,
    result: resultFiles.abilities,
  },
];
