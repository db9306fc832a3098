import type { KnownParameter } from "../variants/check-arguments.ts";

/** An evaluation of the runtime: what it is asked, and the numbers that it gives. */
interface Measure {
  readonly parameters: readonly KnownParameter[];
  readonly fields: readonly string[];
}

const dataset: KnownParameter = { name: "dataset", type: "string" };
const split: KnownParameter = { name: "split", type: "string", isOptional: true };
const onData = [dataset, split];
const withOwnData = [{ ...dataset, isOptional: true }, split];

/** Every measure by name. Where one has its own data (POPE, MME), naming a dataset is optional. */
export const measures: ReadonlyMap<string, Measure> = new Map<string, Measure>([
  ["loss", { parameters: withOwnData, fields: ["loss"] }],
  ["zero_shot", { parameters: onData, fields: ["top1", "top5", "mean_recall"] }],
  ["linear_probe", { parameters: onData, fields: ["top1", "top5"] }],
  [
    "retrieval",
    {
      parameters: onData,
      fields: ["image_r1", "image_r5", "image_r10", "text_r1", "text_r5", "text_r10"],
    },
  ],
  [
    "captioning",
    { parameters: onData, fields: ["cider", "bleu1", "bleu2", "bleu3", "bleu4", "rouge_l"] },
  ],
  ["vqa", { parameters: onData, fields: ["accuracy"] }],
  ["exact_match", { parameters: onData, fields: ["accuracy"] }],
  ["relaxed_accuracy", { parameters: onData, fields: ["accuracy"] }],
  ["anls", { parameters: onData, fields: ["score"] }],
  [
    "pope",
    { parameters: withOwnData, fields: ["f1", "accuracy", "precision", "recall", "yes_ratio"] },
  ],
  ["mme", { parameters: withOwnData, fields: ["perception", "cognition"] }],
  ["segmentation", { parameters: onData, fields: ["miou", "mean_accuracy", "accuracy"] }],
]);

/** Columns that every report may have. */
export const builtInColumns: readonly string[] = [
  "params",
  "macs",
  "trainable",
  "macs_per_step",
  "flops_per_step",
  "dispatches",
  "steps",
  "step_ms",
  "images_per_second",
  "minutes",
  "peak_bytes",
  "loss",
];

/** Columns that every part of the model has: `vision_model.macs`. */
export const partColumns: readonly string[] = ["params", "macs"];
