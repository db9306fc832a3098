import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { quote } from "../phrase.ts";

export const stageDiagnostics = {
  "idle-selector": defineDiagnostic<{ readonly selector: string; readonly reason: string }>({
    severity: "error",
    title: "a line of a stage that selects nothing",
    message: ({ selector, reason }) => `${quote(selector)} selects nothing: ${reason}`,
    explain: explanation(
      [
        "Each parameter belongs to the first line that selects it. A line that gets nothing is a",
        "typing mistake, or stands below a line that took everything.",
      ],
      `
stage sft of InternVL(pixels: f32[B, Rgb, Y, X]) {
  freeze vision_model
  train vision_model.encoder at lr 1e-4
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
stage sft of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train vision_model.encoder at lr 1e-4
  freeze everything else
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),

  "unassigned-parameter": defineDiagnostic<{ readonly path: string; readonly more: number }>({
    severity: "error",
    title: "a parameter that no line of the stage selects",
    message: ({ path, more }) =>
      `no line trains or freezes ${quote(path)}${more > 0 ? ` and ${more} more` : ""}`,
    hint: () => "`freeze everything else`",
    explain: explanation(
      ["A stage says of each parameter that its loss reaches whether it is trained or frozen."],
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train query_tokens at lr 5e-5
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train query_tokens at lr 5e-5
  freeze everything else
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),

  "nothing-trained": defineDiagnostic<{ readonly stage: string }>({
    severity: "error",
    title: "a stage that trains no parameter",
    message: ({ stage }) => `stage ${quote(stage)} trains no parameter`,
    hint: () => "add a line `train ... at lr ...`",
    explain: explanation(
      ["A stage computes gradients to change parameters; with all of them frozen it does nothing."],
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  freeze everything else
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train query_tokens at lr 5e-5
  freeze everything else
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),

  "missing-resample": defineDiagnostic<{
    readonly path: string;
    readonly needed: string;
    readonly found: string;
    /** Where it was found. */
    readonly where: string;
  }>({
    severity: "error",
    title: "a parameter that changes its size and has no `resample`",
    message: ({ path, needed, found, where }) =>
      `${quote(path)} is ${needed} here and ${found} ${where}`,
    hint: ({ path }) => `\`resample ${path} over Row, Col with bicubic\` in a \`weights\` block`,
    explain: explanation(
      [
        "Position embeddings change with the image size. A `weights` block says how the stored grid",
        "becomes the new one; without it a change of size is a mistake, between a checkpoint and the model",
        "and between the phases of a stage.",
      ],
      `
weights plain of InternViT {
  config "config.json" { D = "hidden_size" }
}`,
      `
import { bicubic } from "std/resample"
weights plain of InternViT {
  config "config.json" { D = "hidden_size" }
  resample embeddings.position_embedding over Row, Col with bicubic
}`,
    ),
  }),

  "over-budget": defineDiagnostic<{
    /** "`words`", "the plan of `align`". */
    readonly what: string;
    readonly needed: string;
    /** "the budget is 2 GiB", "a buffer of this device holds 128 MiB". */
    readonly budget: string;
  }>({
    severity: "error",
    title: "more bytes than the budget allows",
    message: ({ what, needed, budget }) => `${what} needs ${needed}, but ${budget}`,
    explain: explanation(
      [
        "The plan owns every byte before the first step, so that a budget is kept or refused before",
        "anything runs. Smaller micro-batches and a larger budget both help.",
      ],
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-4
  batch 512
  memory within 2 GiB
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-4
  batch 512 by 16
  memory within 2 GiB
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),

  "stage-value": defineDiagnostic<{
    readonly what: string;
    readonly value: number;
    /** Behind "must be". */
    readonly needed: string;
  }>({
    severity: "error",
    title: "a number of a stage out of its range",
    message: ({ what, value, needed }) => `${what} is ${value}, but must be ${needed}`,
    explain: explanation(
      [
        "Rates and decay are 0 or more, lengths and bounds are above 0. `ema e` keeps `e` of the mean at each step,",
        "and `dropout` drops a share: both are below 1.",
      ],
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-3
  ema 1.0
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-3
  ema 0.999
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),

  "steps-unknown": defineDiagnostic<{
    readonly stage: string;
    /** Whether it says how many epochs it takes. */
    readonly inEpochs: boolean;
  }>({
    severity: "error",
    title: "a schedule over a number of steps that nothing says",
    message: ({ stage, inEpochs }) =>
      inEpochs
        ? `${quote(stage)} is so many epochs long, and how many steps that is depends on the data`
        : `the schedule of ${quote(stage)} needs the number of its steps, and nothing says it`,
    hint: () => "`steps n` in the stage says it, or `--steps n`, or a file of batches",
    explain: explanation(
      [
        "A schedule such as `cosine` goes down to the last step, so that its program is made for a number of",
        "steps. The stage says it by `steps`, a phase by `until steps` or, with a batch, `until samples`. How many",
        "steps an epoch has is known beside the data only.",
      ],
      `
import { AdamW } from "std/optimizers"
import { cosine } from "std/schedules"
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-3
  optimizer AdamW()
  schedule cosine(warmup: 10)
  epochs 10
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
import { AdamW } from "std/optimizers"
import { cosine } from "std/schedules"
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-3
  optimizer AdamW()
  schedule cosine(warmup: 10)
  steps 1000
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),

  "batch-not-split": defineDiagnostic<{ readonly stage: string; readonly reason: string }>({
    severity: "error",
    title: "a batch that cannot be computed in these pieces",
    message: ({ stage, reason }) => `the batch of stage ${quote(stage)} cannot be split: ${reason}`,
    hint: () => "`batch n` without `by` takes the whole batch at once",
    explain: explanation(
      [
        "`batch n by m` computes the loss of `n` samples with `m` at a time, all pieces alike. What is added up over",
        "samples, or compared in the end (a contrastive loss), allows that. What is combined over all samples, goes",
        "through weights that are trained, and is combined again (a `BatchNorm` in a trunk that learns) does not.",
      ],
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-3
  batch 512 by 24
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 1e-3
  batch 512 by 16
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),
} as const;
