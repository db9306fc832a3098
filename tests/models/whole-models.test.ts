import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ModelReport } from "../../compiler/cli/report/inspect/inspect-model.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const internvl = "models/internvl/internvl.weft";
const chat = "models/internvl/chat.weft";

async function inspected(file: string, model: string, ...args: string[]): Promise<ModelReport> {
  const all = ["inspect", file, "--model", model, "--json", ...args];
  const { stdout, exitCode } = await runWeft(all, root);
  expect(exitCode, stdout).toBe(0);
  return JSON.parse(stdout) as ModelReport;
}

describe("weft inspect counts InternVL-14B", () => {
  const added = "query_tokens, qllama.model.layers[*].cross_attn";
  const qllama = "qllama, query_tokens";
  const counts = ["--count", added, "--count", qllama, "--size", "Text=80"];
  const report = inspected(internvl, "InternVL_14B", ...counts);

  test("in all and by part", async () => {
    const { parameters } = await report;
    expect(parameters.total).toBe(13_834_975_747);
    expect(parameters.parts).toEqual({
      vision_model: 5_902_793_600,
      qllama: 7_842_306_048 - 96 * 4096,
      query_tokens: 96 * 4096,
      clip_projector: 33_207_168,
      clip_projector2: 53_515_008,
      text_projection: 3_145_728,
      logit_scale: 1,
      itm_head: 8_194,
    });
  });

  test("QLLaMA, and what it adds to LLaMA", async () => {
    expect((await report).counts).toEqual({ [added]: 956_811_264, [qllama]: 7_842_306_048 });
  });

  test("every mode, with multiply-accumulates as published", async () => {
    const { modes } = await report;
    const giga = (name: string, member: "macs" | "exactMacs" = "macs"): number => {
      const found = modes.find(({ mode, step }) => [mode, step].filter(Boolean).join(".") === name);
      return Math.round((found?.[member] ?? 0) / 1e8) / 10;
    };
    const vision = 1516.3 + 20.3;
    expect(giga("features", "exactMacs")).toBeCloseTo(vision, 0);
    expect(giga("encode_text")).toBeCloseTo(518.1 + 1.7, 0);
    expect(giga("query_features", "exactMacs")).toBeCloseTo(vision + 781.0 + 5.7, 0);
    expect(giga("match", "exactMacs")).toBeCloseTo(vision + 1299.1 + 11.4, 0);
    expect(giga("caption.prefill", "exactMacs")).toBeCloseTo(vision + 1299.1 + 11.4, -1);
    const total = (name: string) => modes.find(({ mode }) => mode === name)?.parameters.total;
    expect(total("features")).toBe(5_902_793_600);
    expect(total("similarity_c")).toBe(12_620_029_697);
    expect(modes.map(({ mode, step }) => step ?? mode)).toEqual([
      "features",
      "encode_image_c",
      "encode_image_g",
      "encode_text",
      "similarity_c",
      "similarity_g",
      "query_features",
      "match",
      "prefill",
      "decode",
    ]);
  });

  test("as it counts a single mode in full", async () => {
    const { modes } = await report;
    const args = ["inspect", internvl, "--model", "InternVL_14B", "--json"];
    const { stdout } = await runWeft([...args, "--mode", "encode_image_c"], root);
    const { macs, exactMacs, parameters } = JSON.parse(stdout) as ModelReport["modes"][number];
    const whole = modes.find(({ mode }) => mode === "encode_image_c");
    expect([whole?.macs, whole?.exactMacs, whole?.parameters.total]).toEqual([
      macs,
      exactMacs,
      parameters.total,
    ]);
  });
});

describe("weft inspect counts the connectors of InternVL-Chat", () => {
  // What stands beside the connectors has no say in their sizes: as few layers as the modes need.
  const sides = ["vision_model.depth=4", "llm.depth=1"];
  test.each([
    ["InternVL_Chat_QLLaMA_7B", "mlp1, mlp2", 63_469_824, [...sides, "glue.qllama.depth=2"]],
    ["InternVL_Chat_QLLaMA_13B", "mlp1, mlp2", 89_819_392, [...sides, "glue.qllama.depth=2"]],
    ["InternVL_Chat_13B", "mlp1", 42_608_640, sides],
  ])("%s", async (model, selector, count, set) => {
    const sizes = set.flatMap((one) => ["--set", one]);
    const { counts } = await inspected(chat, model, "--count", selector, ...sizes);
    expect(counts).toEqual({ [selector]: count });
  });

  test("and says what is not there", async () => {
    const args = ["inspect", chat, "--model", "InternVL_Chat_7B", "--count", "mlp2"];
    const { exitCode, stderr } = await runWeft(args, root);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("`mlp2` names nothing that is stored");
    const both = await runWeft([...args, "--mode", "chat"], root);
    expect(both.exitCode).toBe(2);
    const tiny = ["inspect", "models/internvit/internvit.weft", "--model", "InternViT_tiny"];
    const size = await runWeft([...tiny, "--size", "T=2"], root);
    expect([size.exitCode, size.stderr.includes("error[unknown-axis]")]).toEqual([1, true]);
    expect((await runWeft([...tiny, "--step", "prefill:B=2"], root)).exitCode).toBe(2);
  });
});
