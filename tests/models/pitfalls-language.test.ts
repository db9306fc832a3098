import { expect, test } from "vitest";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { type Piece, readSentencePieceModel } from "../../runtime/text/read-sentencepiece-model.ts";
import { readTexts } from "../../runtime/text/read-texts.ts";
import { SentencePiece } from "../../runtime/text/sentencepiece.ts";
import { firstValuesOf } from "../support/models/first-values.ts";
import {
  linear,
  type Mask,
  plainPool,
  plainQllama,
  plainVit,
  type QllamaMistakes,
  type Rows,
  range,
  rowsOf,
  type Weight,
} from "../support/models/plain-internvl.ts";
import {
  embedding,
  expectOnly,
  internvlFile,
  internvlSet,
  modeOf,
  pathsOf,
  pixels,
  qllama,
  SmallWeights,
  vision,
} from "../support/models/small-internvl.ts";
import { writeModel } from "../support/models/train-tokenizer.ts";

/** The official pads are 0; what follows the real tokens must count for nothing. */
const ids = [1, 5, 9, 4, 2, 0, 0];
const real = 5;
const { queries, width } = qllama;

const isReal = (column: number, from = 0): boolean => (ids[column - from] ?? 0) > 0;
const causal: Mask = (row, column) => row >= column && isReal(column);

/** Runs a mode, or a step of one, of a small InternVL. */
function ran(mode: string, inputs: Record<string, readonly number[]>, sizes: object, step = mode) {
  const weights = new SmallWeights();
  const elaborated = modeOf(internvlFile, "InternVL", mode, internvlSet);
  const found = weights.run(elaborated, step, inputs, { B: 1, ...sizes });
  return { found, weights, elaborated };
}

const seen = (weights: SmallWeights): Rows => plainVit(weights.of("vision_model"), pixels, vision);
const asked = (weights: SmallWeights): Rows => rowsOf(weights.of("")("query_tokens"), width);

function embedded(weight: Weight, tokens: readonly number[]): Rows {
  const table = rowsOf(weight("model.embed_tokens.weight"), width);
  return tokens.map((id) => table[id] ?? []);
}

/** `x` times the projection, which is [D, E]: the official code multiplies from the right. */
function projected(x: readonly number[], weights: SmallWeights): readonly number[] {
  const columns = rowsOf(weights.of("")("text_projection"), embedding);
  return range(embedding).map((e) =>
    x.reduce((sum, one, d) => sum + one * (columns[d]?.[e] ?? 0), 0),
  );
}

test("pitfall 8.9: texts begin with `summarize:`, padding is 0, and the last real token counts", () => {
  const { found, weights, elaborated } = ran("encode_text", { ids }, { Text: ids.length });
  const weight = weights.of("qllama");
  const hidden = (mask: Mask): Rows =>
    plainQllama(weight, embedded(weight, ids), mask, undefined, qllama);
  const at = (place: number, mask = causal) => projected(hidden(mask)[place] ?? [], weights);
  expectOnly(found, at(real - 1), {
    "the last place": at(ids.length - 1),
    "one too far": at(real),
    "the first place": at(0),
  });
  const both = ["encode_text", "similarity_c", "similarity_g"];
  for (const mode of both) {
    const { graph } = mode === "encode_text" ? elaborated : modeOf(internvlFile, "InternVL", mode);
    const input = graph.inputs.find(({ name }) => name === "ids");
    const args = { prefix: "summarize:", bos: true, eos: true, length: 80 };
    expect(input?.reader, mode).toEqual({ name: "text", args });
  }
  // The reader: prefix and text are one text, the sentence ends with </s>, and the rest is 0.
  const tokenizer = loadTokenizer("examples/tokenizer.model");
  const [reader] = elaborated.graph.inputs;
  const shape = ["B", "Text"].map((name) => ({ name, size: name === "B" ? 1 : 80 }));
  const spec = { name: "ids", element: "i32", shape, tensor: 0, reader: reader?.reader } as const;
  const row = [...readTexts(spec, "a cat", () => tokenizer).data];
  const text = [tokenizer.bosId, ...tokenizer.encode("summarize:a cat"), tokenizer.eosId];
  expect(row).toEqual([...text, ...Array(80 - text.length).fill(0)]);
});

test("pitfall 8.10: queries look at the image in even layers, after self-attention, without positions", () => {
  const { found, weights, elaborated } = ran("match", { pixels, ids }, { Text: ids.length });
  const right = matched(weights);
  const wrong = (made: QllamaMistakes) => matched(weights, {}, made);
  expectOnly(found, right, {
    "text looks too": wrong({ crossEverywhere: true }),
    "odd layers": wrong({ crossOddLayers: true }),
    "before self-attention": wrong({ crossBeforeSelf: true }),
    "rotary positions": wrong({ crossWithPositions: true }),
    "no norms": wrong({ crossWithoutNorms: true }),
  });
  const cross = pathsOf(elaborated).filter((path) => path.includes(".cross_attn."));
  const parts = ["k_proj", "norm1", "norm2", "o_proj", "q_proj", "v_proj"];
  const layers = [0, 2].flatMap((n) =>
    parts.map((part) => `qllama.model.layers.${n}.cross_attn.${part}.weight`),
  );
  // No gate, no bias.
  expect(cross.toSorted()).toEqual(layers);
  // The text alone never looks at an image.
  const text = pathsOf(modeOf(internvlFile, "InternVL", "encode_text", internvlSet));
  expect(text.filter((path) => path.includes("cross_attn") || path.startsWith("vision"))).toEqual(
    [],
  );
});

test("pitfall 8.11: matching looks both ways; for captions the queries do among themselves", () => {
  const match = ran("match", { pixels, ids }, { Text: ids.length });
  const key = (column: number): boolean => column < queries || isReal(column, queries);
  const inOrder: Mask = (row, column) => row >= column && key(column);
  const blocks: Mask = (row, column) => (column < queries || row >= column) && key(column);
  expectOnly(match.found, matched(match.weights), {
    "text in order": matched(match.weights, { mask: blocks }),
    "all in order": matched(match.weights, { mask: inOrder }),
    "padding seen": matched(match.weights, { mask: () => true }),
  });
  const inputs = { pixels, ids, lengths: [real] };
  const caption = ran("caption", inputs, { Text: ids.length }, "prefill");
  const weight = caption.weights.of("qllama");
  const input = [...asked(caption.weights), ...embedded(weight, ids)];
  const logits = (mask: Mask): readonly number[] => {
    const hidden = plainQllama(weight, input, mask, seen(caption.weights), qllama);
    return linear([hidden[queries + real - 1] ?? []], weight("lm_head.weight")).flat();
  };
  const bothWays: Mask = (_, column) => key(column);
  expectOnly(caption.found, logits(blocks), {
    "queries in order": logits(inOrder),
    "text looks ahead": logits(bothWays),
  });
});

test("pitfall 8.12: what is pooled and projected has passed QLLaMA's last norm", () => {
  const features = ran("query_features", { pixels }, {});
  const read = (weights: SmallWeights, made: QllamaMistakes = {}): Rows => {
    const weight = weights.of("qllama");
    return plainQllama(weight, asked(weights), () => true, seen(weights), qllama, made);
  };
  const noFinalNorm = { noFinalNorm: true };
  expectOnly(features.found, read(features.weights).flat(), {
    "before the norm": read(features.weights, noFinalNorm).flat(),
  });
  const pooled = ran("encode_image_g", { pixels }, {});
  const g = (made?: QllamaMistakes) => {
    const { weights } = pooled;
    const parts = [
      plainPool(weights.of("clip_projector"), seen(weights), 2),
      plainPool(weights.of("clip_projector2"), read(weights, made), 2),
    ].map((one) => one.map((x) => x / Math.hypot(...one)));
    return range(embedding).map((e) => (parts[0]?.[e] ?? 0) + (parts[1]?.[e] ?? 0));
  };
  expectOnly(pooled.found, g(), { "before the norm": g(noFinalNorm) });
  const text = ran("encode_text", { ids }, { Text: ids.length });
  const last = (made?: QllamaMistakes) => {
    const weight = text.weights.of("qllama");
    const hidden = plainQllama(weight, embedded(weight, ids), causal, undefined, qllama, made);
    return projected(hidden[real - 1] ?? [], text.weights);
  };
  expectOnly(text.found, last(), { "before the norm": last(noFinalNorm) });
});

test("pitfall 8.20: added pieces of score 0 are merged before every original one", () => {
  const normal = (text: string, score: number): Piece => ({ text, score, kind: "normal" });
  const pieces: readonly Piece[] = [
    { text: "<unk>", score: 0, kind: "unknown" },
    { text: "<s>", score: 0, kind: "control" },
    { text: "</s>", score: 0, kind: "control" },
    // The first merge of the original vocabulary has the best score that is below 0.
    normal("熊猫", -1),
    ...[..."▁大熊猫"].map((letter, n) => normal(letter, -100 - n)),
    // Added later, at the end, all with the same score.
    normal("大熊", 0),
    normal("▁大", 0),
  ];
  const form = { hasByteFallback: false, addsSpace: false };
  const spelt = (all: readonly Piece[], text: string) => {
    const model = new SentencePiece(readSentencePieceModel(writeModel(all, form), "test.model"));
    return model.encode(text).map((id) => model.pieces[id]?.text);
  };
  expect(spelt(pieces, "大熊猫")).toEqual(["大熊", "猫"]);
  // Among equal scores the leftmost is first, whichever was added first.
  expect(spelt(pieces, " 大熊猫")).toEqual(["▁大", "熊猫"]);
  // Ranks by place in the file would give the original merge.
  const byPlace = pieces.map((piece, n) =>
    piece.kind === "normal" ? { ...piece, score: -n } : piece,
  );
  expect(spelt(byPlace, "大熊猫")).toEqual(["大", "熊猫"]);
});

test("pitfall 8.21: queries begin apart; all zero, they would stay the same", () => {
  const zero = Array<number>(queries * width).fill(0);
  const weights = new SmallWeights({ query_tokens: zero });
  const mode = modeOf(internvlFile, "InternVL", "query_features", internvlSet);
  const [first = [], ...others] = rowsOf(
    weights.run(mode, "query_features", { pixels }, { B: 1 }),
    width,
  );
  for (const other of others) expectOnly(other, first, {});
  const places: readonly (readonly [string, string, string, string])[] = [
    [internvlFile, "InternVL_14B", "query_features", "query_tokens"],
    ["models/internvl/chat.weft", "ChatD", "logits", "glue.query_tokens"],
    ["models/qformer/qformer.weft", "QFormer_base", "queries", "query_tokens"],
  ];
  for (const [file, model, name, path] of places) {
    const values = firstValuesOf(modeOf(file, model, name)).get(path);
    if (values === undefined) throw new Error(`${model} has no ${path}`);
    const numbers = values();
    const deviation = Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);
    expect(deviation, path).toBeCloseTo(0.02, 3);
    expect(new Set(numbers).size, path).toBeGreaterThan(numbers.length / 2);
  }
});

/** The score of a pair: the mean over the queries, which look at the text as the text looks at them. */
function matched(
  weights: SmallWeights,
  { mask }: { readonly mask?: Mask } = {},
  made: QllamaMistakes = {},
): readonly number[] {
  const weight = weights.of("qllama");
  const input = [...asked(weights), ...embedded(weight, ids)];
  const both: Mask = (_, column) => column < queries || isReal(column, queries);
  const hidden = plainQllama(weight, input, mask ?? both, seen(weights), qllama, made);
  const head = weights.of("itm_head");
  const scores = linear(hidden.slice(0, queries), head("weight"), head("bias"));
  return range(2).map((n) => scores.reduce((sum, row) => sum + (row[n] ?? 0), 0) / queries);
}
