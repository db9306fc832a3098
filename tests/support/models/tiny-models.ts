/** Settings that make every model of `models/` small, and the free axes of its modes. */
export interface TinyModel {
  readonly file: string;
  readonly model: string;
  readonly set: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, number>>;
}

/** As in the tiny checkpoints of the official code: widths of tens, planes that are no power of two. */
const vision = { D: 64, Heads: 4, Hidden: 160, depth: 5, image: 56 };
const language = { Vocab: 512, D: 64, Heads: 4, Hidden: 160, Slot: 128, depth: 4 };
const qllama = { Vocab: 211, D: 96, Heads: 6, Hidden: 176, Slot: 128, depth: 4 };

const under = (
  path: string,
  settings: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${path}.${name}`, value]));

const internvl = {
  ...under("vision_model", vision),
  ...under("qllama", qllama),
  ...{ E: 48, Query: 8, "clip_projector.heads": 4, "clip_projector2.heads": 4 },
};
const { Slot: _slot, ...chatLanguage } = language;

export const tinyModels: readonly TinyModel[] = [
  {
    file: "models/clip/clip.weft",
    model: "Clip",
    set: {
      ...{ Wide: 64, WideHeads: 4, Narrow: 48, NarrowHeads: 4, Vocab: 211, E: 32 },
      ...{ vision_depth: 2, text_depth: 2, image: 56, patch: 14 },
    },
    sizes: {},
  },
  {
    file: "models/heads/heads.weft",
    model: "LinearProbe",
    set: { ...under("vision_model", vision), Class: 300 },
    sizes: {},
  },
  {
    file: "models/heads/heads.weft",
    model: "LinearSegmenter",
    set: { ...under("vision_model", { ...vision, image: 70 }), Class: 21 },
    sizes: {},
  },
  { file: "models/internvit/internvit.weft", model: "InternViT_tiny", set: {}, sizes: {} },
  {
    file: "models/internvl/internvl.weft",
    model: "InternVL_14B",
    set: internvl,
    sizes: {},
  },
  {
    file: "models/internvl/chat.weft",
    model: "ChatC",
    set: { ...under("vision_model", vision), ...under("llm", { ...chatLanguage, Slot: 64 }) },
    sizes: { N: 30 },
  },
  {
    file: "models/internvl/chat.weft",
    model: "ChatD",
    set: {
      ...under("vision_model", vision),
      ...under("glue.qllama", qllama),
      ...under("llm", { ...chatLanguage, Slot: 64 }),
    },
    sizes: { N: 40, Turn: 2, Text: 7 },
  },
  { file: "models/llama/llama.weft", model: "Llama_tiny", set: {}, sizes: { N: 9 } },
  {
    file: "models/qformer/qformer.weft",
    model: "QFormer_base",
    set: { Query: 8, D: 48, Heads: 4, depth: 2 },
    sizes: { Seen: 17 },
  },
  {
    file: "models/qllama/qllama.weft",
    model: "QLlama_7B",
    set: { Query: 8, ...qllama },
    sizes: {},
  },
];
