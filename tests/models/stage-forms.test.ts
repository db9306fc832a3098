import { expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { boundStage } from "../../compiler/compile-stage.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";

const encoder = { D: 32, Heads: 2, Hidden: 40, depth: 1 };
const language = { Vocab: 50, D: 32, Heads: 2, Hidden: 24, Slot: 16, depth: 1 };
const vision = below("vision_model", { ...encoder, image: 28 });
const internvl = { ...vision, ...below("qllama", language), E: 16, Query: 3 };
const chat = { ...vision, "vision_model.depth": 4, ...below("llm", language), image_token: 48 };

function below(name: string, sizes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sizes).map(([key, size]) => [`${name}.${key}`, size]));
}

const sum = ["count", "couple", "accumulate", "gradients"];
const twoPass = ["features", "couple", "accumulate", "gradients"];

/** Asked for, every stage; else one of each kind. */
const isAll = process.env.WEFT_ALL_GRADIENTS !== undefined;
const all = [
  ["llama", "language", undefined, language, sum, ["f32[B]", "f32[B]"]],
  ["internvl/chat", "sft_c", "language", chat, sum, ["f32[B]", "f32[B]"]],
  ["internvl", "contrast", "full", internvl, twoPass, ["real[B, E]", "f32[B, E]"]],
  ["internvl", "contrast_g", undefined, internvl, twoPass, ["real[B, E]", "f32[B, E]"]],
  ["internvl", "align", undefined, internvl, twoPass, []],
  ["internvl", "retrieval", undefined, internvl, twoPass, []],
  ["internvl", "retrieval_head", undefined, internvl, twoPass, []],
  ["internvl", "retrieval_lora", undefined, internvl, twoPass, []],
] as const;
const some = all.filter(([, stage]) => ["language", "contrast", "align"].includes(stage));

/** What the loss takes of each sample, and in which steps that makes it the loss of the whole batch. */
test.each(isAll ? all : some)("%s: %s in pieces", (model, stage, phase, set, names, cut) => {
  const sink = new DiagnosticSink();
  const [folder, file = ""] = model.split("/");
  const entry = `models/${folder}/${file === "" ? "" : `${file}-`}stages.weft`;
  const overrides = Object.entries(set).map(([path, value]) => ({ path, value }));
  const loader = diskLoader(process.cwd());
  const sizes = { B: 4, ...(folder === "llama" || file === "chat" ? { N: 20 } : { Text: 6 }) };
  const bound = boundStage(sink, { entry, loader, stage, phase, overrides, sizes, piece: 2 });
  expect(sink.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  expect(bound?.graphs.steps.map(({ name }) => name)).toEqual(names);
  const { batch } = bound?.spec ?? {};
  expect(batch?.form).toBe(names === sum ? "sum" : "two-pass");
  if (cut.length > 0) expect(batch?.cut.map((one) => one.split(" (")[0])).toEqual(cut);
});
