import { expect, test } from "vitest";
import type { ElaboratedMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { fitImage, imageFits } from "../../runtime/images/fit-image.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { readTexts } from "../../runtime/text/read-texts.ts";
import { plainVit, range } from "../support/models/plain-internvl.ts";
import {
  expectOnly,
  internvlFile,
  modeOf,
  pathsOf,
  pixels,
  SmallWeights,
  vision,
  visionSet,
} from "../support/models/small-internvl.ts";

const chatFile = "models/internvl/chat.weft";
const headsFile = "models/heads/heads.weft";
const internvitFile = "models/internvit/internvit.weft";

/** Blocks of the encoder that a mode computes. */
function blocksOf(mode: ElaboratedMode): number {
  const found = pathsOf(mode).flatMap(
    (path) => /vision_model\.encoder\.layers\.(\d+)\./.exec(path)?.[1] ?? [],
  );
  return 1 + Math.max(...found.map(Number));
}

/** Few layers, where only the inputs are looked at. */
const shallow: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  LinearProbe: { "vision_model.depth": 4 },
  InternVL: { "vision_model.depth": 4, "qllama.depth": 2 },
  ChatC: { "vision_model.depth": 4, "llm.depth": 2 },
  ChatD: { "vision_model.depth": 4, "llm.depth": 2, "glue.qllama.depth": 2 },
};

/** Which images a mode wants: `crop`, `squash`, `pad`. */
function fitOf({ graph }: ElaboratedMode): unknown {
  return graph.inputs.find(({ name }) => name === "pixels")?.reader?.args.fit;
}

test("pitfall 8.13: dialogues read the encoder 3 blocks early, everything else at its end", () => {
  const set = visionSet("");
  const weights = new SmallWeights();
  const mode = modeOf(internvitFile, "InternViT", "dense", set);
  const found = weights.run(mode, "dense", { pixels }, { B: 1 });
  const after = (blocks: number) =>
    plainVit(weights.of(""), pixels, vision, {}, blocks).slice(1).flat();
  expectOnly(found, after(vision.depth - 3), { "one block less": after(vision.depth - 4) });
  // `hidden_states[-4]` of 48 blocks is what 45 leave behind; QLLaMA reads the last.
  expect(blocksOf(modeOf(chatFile, "ChatC", "logits"))).toBe(45);
  expect(blocksOf(modeOf(chatFile, "ChatD", "logits", { queries: false }))).toBe(45);
  expect(blocksOf(modeOf(chatFile, "ChatD", "logits"))).toBe(48);
  for (const name of ["features", "encode_image_c", "query_features", "match"])
    expect(blocksOf(modeOf(internvlFile, "InternVL_14B", name)), name).toBe(48);
});

test("pitfall 8.14: retrieval squashes images, classification crops them, ChatC pads them", () => {
  const wanted = [
    [headsFile, "LinearProbe", "classify", "crop"],
    [internvlFile, "InternVL", "features", "crop"],
    [internvlFile, "InternVL", "encode_image_c", "squash"],
    [internvlFile, "InternVL", "encode_image_g", "squash"],
    [internvlFile, "InternVL", "similarity_g", "squash"],
    [internvlFile, "InternVL", "caption", "squash"],
    [chatFile, "ChatC", "chat", "pad"],
    [chatFile, "ChatD", "chat", "squash"],
  ] as const;
  for (const [file, model, mode, fit] of wanted)
    expect(fitOf(modeOf(file, model, mode, shallow[model])), `${model}.${mode}`).toBe(fit);
  // A wide image, black with white ends: cropping loses them, squashing keeps them, padding adds others.
  const [columns, rows] = [32, 8];
  const levels = range(rows * columns).map((n) => {
    return n % columns < 4 || n % columns >= 28 ? 255 : 0;
  });
  const wide = {
    width: columns,
    height: rows,
    data: Uint8Array.from(levels.flatMap((x) => [x, x, x])),
  };
  const [crop, squash, pad] = imageFits.map((fit) => fitImage(wide, 8, 8, fit).data);
  expect(Math.max(...(crop ?? []))).toBe(0);
  const line = [...(squash ?? [])].slice(0, 24).filter((_, n) => n % 3 === 0);
  expect(line[0]).toBeGreaterThan(200);
  expect(line[7]).toBeGreaterThan(200);
  expect([...(pad ?? [])].slice(0, 3)).toEqual([123, 116, 103]);
});

test("pitfall 8.15: captions are cleaned only where a reader says so", () => {
  const tokenizer = loadTokenizer("examples/tokenizer.model");
  const { graph } = modeOf(internvlFile, "InternVL", "encode_text", shallow.InternVL);
  const [input] = graph.inputs;
  const shape = ["B", "Text"].map((name) => ({ name, size: name === "B" ? 1 : 80 }));
  const args = input?.reader?.args ?? {};
  const read = (more: object): readonly number[] => {
    const reader = { name: "text", args: { ...args, ...more } };
    const spec = { name: "ids", element: "i32", shape, tensor: 0, reader } as const;
    return [...readTexts(spec, "A Cat, (on a mat).", () => tokenizer).data];
  };
  const of = (text: string): readonly number[] => {
    const ids = tokenizer.encode(text, { bos: true, eos: true });
    return [...ids, ...Array<number>(80 - ids.length).fill(0)];
  };
  // XTD as it is; COCO and Flickr in lower case and without marks.
  expect(read({})).toEqual(of("summarize:A Cat, (on a mat)."));
  expect(read({ clean: true })).toEqual(of("summarize:a cat, on a mat"));
});

test("pitfall 8.19: segmentation by one layer reads block 44, without the class token", () => {
  const full = modeOf(headsFile, "LinearSegmenter", "segment");
  expect(blocksOf(full)).toBe(45);
  // With three blocks none is left, and the class token has nothing to say.
  const set = { ...visionSet("vision_model"), "vision_model.depth": 3, Class: 5 };
  const mode = modeOf(headsFile, "LinearSegmenter", "segment", set);
  const path = "vision_model.embeddings.class_embedding";
  const segmented = (more: Readonly<Record<string, readonly number[]>>) => {
    const spread = range(8).map(() => 1);
    const weights = new SmallWeights({ "bn.running_var": spread, ...more });
    return weights.run(mode, "segment", { pixels }, { B: 1 });
  };
  const plain = segmented({});
  expectOnly(segmented({ [path]: range(8).map((n) => 5 + n) }), plain, {
    "other positions": segmented({
      "vision_model.embeddings.position_embedding": range(40).map((n) => Math.cos(n)),
    }),
  });
});

/** What needs a stage of training that Weft does not run yet: said, not pretended. */
const missing = [
  ["pitfall 8.18: the linear probe is trained with mixup", "stages of training do not run yet"],
  ["pitfall 8.22: logit_scale is decayed in fine-tuning", "stages of training do not run yet"],
] as const;

test.for(missing)("%s", ([name, reason], context) => {
  console.log(`skipped: ${name}: ${reason}`);
  context.skip();
});
