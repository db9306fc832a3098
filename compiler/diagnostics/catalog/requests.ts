import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { listOf, nearestHint, quote } from "../phrase.ts";

/** What is asked of a program from outside, and names that the runtime knows. */
export const requestDiagnostics = {
  "unknown-model": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a model that the file does not have",
    message: ({ name }) => `there is no model ${quote(name)}`,
    hint: ({ nearest, available }) =>
      nearestHint(nearest) ?? (available.length > 0 ? `there is ${listOf(available)}` : undefined),
    explain: explanation(
      ["A model is declared with `model Name ...` in the file that is named, or imported there."],
      "weft inspect models/internvit/internvit.weft --model Internvit",
      "weft inspect models/internvit/internvit.weft --model InternViT",
      "sh",
    ),
  }),

  "not-a-model": defineDiagnostic<{ readonly name: string }>({
    severity: "error",
    title: "a module that is asked for as a model",
    message: ({ name }) => `${quote(name)} is a module; write ${quote(`model ${name}`)}`,
    hint: () => "only a `model` is run, inspected or trained; a `module` is a part of one",
    explain: explanation(
      [
        "A `model` is a module that stands alone: every setting has a default. The command line and the",
        "library take only what is declared as one, so that a part is not run by mistake.",
      ],
      `
module Twice {
  mode forward(x: f32[..]) -> [..] {
    real(2.0 * x)
  }
}`,
      `
model Twice {
  mode forward(x: f32[..]) -> [..] {
    real(2.0 * x)
  }
}`,
    ),
  }),

  "unknown-mode": defineDiagnostic<{
    readonly model: string;
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a mode that the model does not have",
    message: ({ model, name }) => `${quote(model)} has no mode ${quote(name)}`,
    hint: ({ nearest, available }) =>
      nearestHint(nearest) ?? (available.length > 0 ? `it has ${listOf(available)}` : undefined),
    explain: explanation(
      ["The modes of a model are the ways in which it can be used; a `fn` is not one of them."],
      "weft run models/internvit/internvit.weft --model InternViT --mode embed",
      "weft run models/internvit/internvit.weft --model InternViT --mode forward",
      "sh",
    ),
  }),

  "unknown-stage": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a stage that the file does not have",
    message: ({ name }) => `there is no stage ${quote(name)}`,
    hint: ({ nearest, available }) =>
      nearestHint(nearest) ??
      (available.length > 0 ? `there is ${listOf(available)}` : "the file has no `stage`"),
    explain: explanation(
      ["A stage is declared with `stage name of Model(...)` in the file that is named."],
      "weft grad models/internvl/stages.weft --stage contrastive --out g.safetensors",
      "weft grad models/internvl/stages.weft --stage contrast --phase full --out g.safetensors",
      "sh",
    ),
  }),

  "unknown-phase": defineDiagnostic<{
    readonly stage: string;
    /** Undefined where several could be meant. */
    readonly name: string | undefined;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a phase that the stage does not have, or one of several that is not named",
    message: ({ stage, name }) =>
      name === undefined
        ? `${quote(stage)} has several phases, and none is named`
        : `${quote(stage)} has no phase ${quote(name)}`,
    hint: ({ nearest, available }) =>
      nearestHint(nearest) ??
      (available.length > 0 ? `it has ${listOf(available)}` : "it is one run, without phases"),
    explain: explanation(
      [
        "A stage with phases is several runs, one after the other, and each is a program of its own. One of",
        "them is inspected or differentiated at a time.",
      ],
      "weft grad models/internvl/stages.weft --stage contrast --out g.safetensors",
      "weft grad models/internvl/stages.weft --stage contrast --phase full --out g.safetensors",
      "sh",
    ),
  }),

  "nothing-to-quantize": defineDiagnostic<{ readonly mode: string; readonly group: number }>({
    severity: "warning",
    title: "a mode without weights to be stored in few bits",
    message: ({ mode }) => `${quote(mode)} has no weights that can be quantised`,
    hint: ({ group }) =>
      `weights of matrix products can, where a multiple of ${group} of their last axes is summed over`,
    explain: explanation(
      [
        "With `--quantize`, weights become whole numbers of 8 or 4 bits and a scale for each 32 of them.",
        "That is done for parameters of at least 1024 elements that a sum of products reads, with the axes that are summed over last: `param weight: [Out, In]`.",
        "All else stays as it is: norms, biases, convolutions of odd sizes, tables that are only looked up.",
      ],
      "weft run adder.weft --quantize int8",
      "weft run adder.weft",
      "sh",
    ),
  }),

  "unknown-step": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a step that the mode does not have",
    message: ({ name }) => `the mode has no step ${quote(name)}`,
    hint: ({ nearest, available }) => nearestHint(nearest) ?? `it has ${listOf(available)}`,
    explain: explanation(
      [
        "The steps of a mode are compiled together, each for the sizes that are asked for by its name.",
        "A mode without steps is one step with the name of the mode.",
      ],
      "weft inspect models/llama/llama.weft --mode generate --step prompt:N=64 --step decode",
      "weft inspect models/llama/llama.weft --mode generate --step prefill:N=64 --step decode",
      "sh",
    ),
  }),

  "not-logits": defineDiagnostic<{ readonly step: string }>({
    severity: "error",
    title: "a step that does not result in the logits of the next token",
    message: ({ step }) => `${quote(step)} does not result in logits, so no token can be chosen`,
    hint: () => "a mode that generates has steps that result in `[B, Vocab]`, the ids last",
    explain: explanation(
      [
        "`weft generate` chooses a token from what each step results in: one tensor of real numbers",
        "whose last axis are the ids. It is chosen on the device, by the fns of `std/sampling`.",
      ],
      "weft generate models/llama/llama.weft --model Llama --mode logits",
      "weft generate models/llama/llama.weft --model Llama --mode generate",
      "sh",
    ),
  }),

  "sampling-setting": defineDiagnostic<{
    readonly setting: string;
    readonly value: number;
    readonly needed: string;
  }>({
    severity: "error",
    title: "a setting by which no token can be chosen",
    message: ({ setting, value, needed }) => `${quote(setting)} is ${value}, but must be ${needed}`,
    explain: explanation(
      [
        "`temperature` divides the logits; `top_k` leaves the most likely ids, as many as it says;",
        "`top_p` leaves the smallest set of them whose probability reaches it. A temperature of 0 is",
        "greedy decoding, which is what generation does where no temperature is given.",
        "`repetition_penalty` makes ids that were there already less likely; 1 does nothing.",
      ],
      "weft generate models/llama/llama.weft --model Llama --mode generate --top-p 90",
      "weft generate models/llama/llama.weft --model Llama --mode generate --top-p 0.9",
      "sh",
    ),
  }),

  "not-supported-yet": defineDiagnostic<{ readonly feature: string }>({
    severity: "error",
    title: "a part of the language that this version does not compile",
    message: ({ feature }) => `this version of Weft does not compile ${feature} yet`,
    explain: explanation(
      [
        "The whole language is parsed and formatted. `stage` and `experiment` are checked as far as",
        "names and types, and are compiled by a later version.",
      ],
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 5e-5
  phase low until steps 1000 {
    phase lowest until steps 100 {
      clip 1.0
    }
  }
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
      `
stage align of InternVL(pixels: f32[B, Rgb, Y, X]) {
  train everything else at lr 5e-5
  phase lowest until steps 100 {
    clip 1.0
  }
  phase low until steps 1000 {
    clip 2.0
  }
  loss {
    f32(mean{B, Query}(encode(pixels) ^ 2))
  }
}`,
    ),
  }),

  "unknown-measure": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a measure that the runtime does not have",
    message: ({ name }) => `there is no measure ${quote(name)}`,
    hint: ({ nearest, available }) => nearestHint(nearest) ?? `there are ${listOf(available)}`,
    explain: explanation(
      [
        "`measure` of an experiment names the loss, or a task of `weft eval` without its data set, which is an argument.",
      ],
      `
experiment sizes of Chat {
  run sft
  measure vqa = vqa_score("vqav2")
}`,
      `
experiment sizes of Chat {
  run sft
  measure vqa = vqa("vqav2", mode: "chat")
}`,
    ),
  }),

  "unknown-column": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "a column of a report that nothing measures",
    message: ({ name }) => `there is no column ${quote(name)}`,
    hint: ({ nearest, available }) => nearestHint(nearest) ?? `there are ${listOf(available)}`,
    explain: explanation(
      ["A report has built-in columns (`params`, `macs`, `loss`, ...) and those of the measures."],
      `
experiment sizes of Chat {
  run sft
  report table(parameters, macs)
}`,
      `
experiment sizes of Chat {
  run sft
  report table(params, macs)
}`,
    ),
  }),
} as const;
