import { join, resolve } from "node:path";
import type { Tensor } from "../../runtime/tensor.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";

/** Where the official code's values lie, when they are here at all. */
export const oracle = resolve("../shared/oracle");
const tiny = join(oracle, "internvl-tiny");
const sft = join(oracle, "sft");
const chat = "models/internvl/chat-stages.weft";
const connectors = join(sft, "connectors.safetensors");
const llmConfig = join(sft, "llm_config.json");

/** A phase for one record, and what the official code gives for its loss and its gradients. */
interface GradientCase {
  readonly name: string;
  readonly entry: string;
  readonly weights: readonly string[];
  readonly config?: string;
  readonly stage: string;
  readonly phase?: string;
  readonly overrides?: Readonly<Record<string, number>>;
  readonly inputs: () => Readonly<Record<string, Tensor>>;
  readonly sizes: Readonly<Record<string, number>>;
  /** File and tensor of each output beside the gradients. */
  readonly losses: readonly [string, Readonly<Record<string, string>>];
  /** Undefined where there are losses alone. */
  readonly gradients: string | undefined;
  /** How the file begins the keys of a part, and how the checkpoint put together here does. */
  readonly renamed?: readonly [string, string];
}

export const file = (path: string): string => join(oracle, `${path}.safetensors`);

export function read(path: string, keys: Readonly<Record<string, string>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, readTensor(file(path), key)]),
  );
}

const pairs = () =>
  read("internvl-tiny/contrastive_inputs", { pixels: "pixel_values", ids: "input_ids" });
const packed = { pixels: "pixel_values", itc_ids: "summarize_input_ids" } as const;
const still = { "vision_model.drop_path": 0, "vision_model.image": 56 } as const;
const paper = { entry: "models/internvl/stages.weft", weights: [tiny] } as const;

const contrast: GradientCase = {
  ...paper,
  name: "contrast",
  stage: "contrast",
  phase: "full",
  overrides: still,
  inputs: pairs,
  sizes: { B: 2, Text: 9 },
  losses: ["internvl-tiny/outputs", { loss: "loss.C" }],
  gradients: "internvl-tiny/grads_C",
};

const retrieval: GradientCase = {
  ...paper,
  name: "retrieval",
  stage: "retrieval",
  overrides: still,
  inputs: () =>
    read("retrieval_ft/inputs", {
      ...packed,
      image_id: "image_ids",
      ids: "positive_input_ids",
      wrong_ids: "negative_input_ids",
    }),
  sizes: { B: 6, Text: 12 },
  losses: ["retrieval_ft/outputs", { loss: "loss" }],
  gradients: "retrieval_ft/grads",
};

const align = (name: string, rows: number): GradientCase => ({
  ...paper,
  name: `align, ${name}`,
  stage: "align",
  inputs: () =>
    read(`stage2/${name}/inputs`, {
      ...packed,
      itm_ids: "itm_input_ids",
      itg_ids: "input_ids",
      itg_labels: "labels",
    }),
  sizes: { B: rows, Text: 14 },
  losses: [
    `stage2/${name}/outputs`,
    { loss: "loss", itm: "loss_itm", itc: "loss_itc", itg: "loss_itg" },
  ],
  gradients: `stage2/${name}/grads`,
});

const language: GradientCase = {
  name: "language",
  entry: "models/llama/stages.weft",
  weights: [join(sft, "llm.safetensors")],
  config: llmConfig,
  stage: "language",
  inputs: () => read("sft/text_only/inputs", { ids: "input_ids", labels: "labels" }),
  sizes: { B: 3, N: 16 },
  losses: ["sft/text_only/outputs", { loss: "loss" }],
  gradients: "sft/text_only/grads",
};

const imageToken = 213;

/** The image is larger than the encoder was made for: positions are resized as they are read. */
const chatC: GradientCase = {
  name: "sft_c",
  entry: chat,
  weights: [
    `vision_model=${tiny}`,
    `llm=${join(sft, "llm.safetensors")}`,
    `mlp1=${connectors}:mm_projector`,
  ],
  config: llmConfig,
  stage: "sft_c",
  phase: "language",
  overrides: {
    ...{ "vision_model.D": 64, "vision_model.Heads": 4, "vision_model.Hidden": 160 },
    ...{ "vision_model.depth": 3, "vision_model.image": 84 },
    ...{ image_token: imageToken, skipped: 1 },
  },
  inputs: () => ({
    ...read("sft/chat_c/inputs", { pixels: "pixel_values" }),
    ...read("sft/chat_c/outputs", { labels: "spliced_labels" }),
    ids: withPatches(readTensor(file("sft/chat_c/inputs"), "input_ids"), 36),
  }),
  sizes: { B: 2, N: 50 },
  losses: ["sft/chat_c/outputs", { loss: "loss" }],
  gradients: "sft/chat_c/grads",
  renamed: ["mm_projector.", "mlp1."],
};

const chatInputs = { ids: "input_ids", labels: "labels" } as const;

const chatD: GradientCase = {
  name: "sft_d",
  entry: chat,
  weights: [
    ...["vision_model", "glue"].map((part) => `${part}=${tiny}`),
    ...["mlp1", "mlp2"].map((part) => `${part}=${connectors}`),
    `llm=${join(sft, "llm.safetensors")}`,
  ],
  stage: "sft_d_whole",
  overrides: {
    ...{ "llm.Vocab": 217, "llm.D": 96, "llm.Heads": 6, "llm.Hidden": 176, "llm.depth": 4 },
    ...{ "llm.eps": 1e-5, image_token: imageToken, query_token: 216, skipped: 1 },
  },
  inputs: () =>
    read("sft/chat_d/inputs", {
      ...chatInputs,
      pixels: "pixel_values",
      question: "question_input_ids",
    }),
  sizes: { B: 1, N: 63, Turn: 2, Text: 7 },
  losses: ["sft/chat_d/outputs", { loss: "loss" }],
  gradients: "sft/chat_d/grads",
};

/** Cut among the queries of the second turn: vectors without a place are dropped. */
const chatCut: GradientCase = {
  ...chatD,
  name: "sft_d, cut",
  inputs: () => ({
    ...chatD.inputs(),
    ...Object.fromEntries(
      Object.entries(read("sft/chat_d/inputs", chatInputs)).map(([name, { data }]) => [
        name,
        whole32([1, 49], [...data.subarray(0, 49)]),
      ]),
    ),
  }),
  sizes: { ...chatD.sizes, N: 49 },
  losses: ["sft/chat_d/outputs", { loss: "truncated_loss" }],
  gradients: undefined,
};

/** The first is one that every run of the tests can afford. */
export const gradientCases: readonly [GradientCase, ...GradientCase[]] = [
  contrast,
  language,
  {
    ...paper,
    name: "contrast_g",
    stage: "contrast_g",
    inputs: pairs,
    sizes: { B: 2, Text: 9 },
    losses: ["internvl-tiny/outputs", { loss: "loss.G" }],
    gradients: "internvl-tiny/grads_G",
  },
  retrieval,
  align("plain", 4),
  align("empties", 5),
  chatC,
  chatD,
  chatCut,
];

/** The official placeholder is one id, -200; here it is as many as the image has patches. */
function withPatches({ shape: [rows = 1, columns = 1], data }: Tensor, patches: number): Tensor {
  const replaced = [...data].flatMap((id) =>
    id === -200 ? Array<number>(patches).fill(imageToken) : [id],
  );
  return whole32([rows, columns - 1 + patches], replaced);
}

function whole32(shape: readonly number[], data: readonly number[]): Tensor {
  return { element: "i32", shape, data: Int32Array.from(data) };
}
