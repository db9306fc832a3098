import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { elaborateModes } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { checkpointOf, readsOf } from "../../compiler/2-check/weights/checkpoint-of.ts";
import {
  type CheckpointSurvey,
  surveyCheckpoint,
} from "../../compiler/2-check/weights/survey-checkpoint.ts";
import { surveyFile } from "../../compiler/api/compile-file.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import type { DryRunReport } from "../../compiler/cli/report/dry-run-report.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import {
  changed,
  headerOf,
  indexText,
  type OfficialName,
  officialCheckpoints,
  shardsOf,
  writeSparse,
} from "../support/models/official-checkpoints.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-official-"));
const pathOf = (name: OfficialName): string => join(folder, name.replaceAll(" ", "-"));
beforeAll(() => {
  for (const [name, checkpoint] of Object.entries(officialCheckpoints))
    writeSparse(pathOf(name as OfficialName), checkpoint);
});
afterAll(() => rmSync(folder, { recursive: true }));

const internvl = "models/internvl/internvl.weft";
const chat = "models/internvl/chat.weft";
const internvit = "models/internvit/internvit.weft";

describe("the written checkpoints are the released ones", () => {
  const release = officialCheckpoints["InternVL-14B-224px"];

  test("InternVL-14B: 1,048 tensors, index texts of 91,910 and 96,113 bytes", () => {
    expect(release.tensors).toHaveLength(1048);
    expect(new Set(release.tensors.map(([key]) => key)).size).toBe(1048);
    expect(indexText(release, "bin")).toHaveLength(91_910);
    expect(indexText(release, "safetensors")).toHaveLength(96_113);
  });

  test("InternVL-14B: three shards, to the byte", () => {
    const shards = shardsOf(release);
    expect(shards.map(({ bytes }) => bytes)).toEqual([9_927_922_690, 9_980_421_120, 7_761_607_684]);
    expect(shards.map(({ tensors }) => tensors[0]?.[0])).toEqual([
      "query_tokens",
      "vision_model.encoder.layers.40.mlp.fc1.weight",
      "qllama.model.layers.16.mlp.gate_proj.weight",
    ]);
  });

  test("InternViT-6B: 628 tensors in two shards", () => {
    const vit = officialCheckpoints["InternViT-6B-224px"];
    expect(vit.tensors).toHaveLength(628);
    const bytes = shardsOf(vit).map((shard) => shard.bytes);
    expect(bytes.map((count) => (count / 1e9).toFixed(2))).toEqual(["9.92", "1.88"]);
    expect(bytes.reduce((sum, count) => sum + count)).toBe(11_805_587_200);
  });
});

describe("every name is mapped both ways", () => {
  test.each<readonly [OfficialName, string, string, string]>([
    ["InternVL-14B-224px", internvl, "InternVL", "internvl_hf"],
    ["InternVL-14B-Flickr30K-FT-364px", internvl, "InternVL", "internvl_ft"],
    ["InternViT-6B-224px", internvit, "InternViT", "internvit_hf"],
    ["InternVL-Chat-ViT-6B-Vicuna-7B", chat, "ChatC", "internvl_chat_llava"],
    ["InternVL-Chat with QLLaMA", chat, "ChatD", "internvl_chat"],
  ])("%s", (name, file, model, layout) => {
    const options = { file: join(root, file), model, weights: pathOf(name) };
    const { survey, diagnostics } = surveyFile(options, undefined);
    expect(diagnostics).toEqual([]);
    expect(survey?.layout).toBe(layout);
    expect(survey?.unread).toEqual([]);
    // The names of the release, made again from the model.
    const keys = survey?.reads.flatMap((read) => read.keys) ?? [];
    const released = officialCheckpoints[name].tensors.map(([key]) => key);
    expect(keys.toSorted()).toEqual(released.toSorted());
    expect(survey?.reads.filter((read) => read.resampledFrom !== undefined)).toEqual([]);
  });

  test("InternViT is taken from a whole InternVL, and resampled where it is larger", () => {
    const options = { file: join(root, internvit), model: "InternViT", set: { image: 336 } };
    const weights = pathOf("InternVL-14B-224px");
    const { survey, diagnostics } = surveyFile({ ...options, weights }, undefined);
    expect(diagnostics).toEqual([]);
    expect(survey?.layout).toBe("internvit_from_internvl");
    expect(survey?.reads).toHaveLength(628);
    expect(survey?.unread).toHaveLength(1048 - 628);
    expect(survey?.unread.every(({ because }) => because === "ignored")).toBe(true);
    const resampled = survey?.reads.filter((read) => read.resampledFrom !== undefined);
    expect(resampled?.map((read) => [read.parameter, read.resampledFrom, read.shape])).toEqual([
      ["embeddings.position_embedding", [1, 257, 3200], [577, 3200]],
    ]);
  });

  test("a fine-tuned file may hold what no released code reads", () => {
    const name = "InternVL-14B-Flickr30K-FT-364px";
    const odd = changed(officialCheckpoints[name], {
      extra: [["vision_model.odd", [3, 5]]],
    });
    const path = join(folder, "odd");
    writeSparse(path, odd);
    const options = { file: join(root, internvl), model: "InternVL", weights: path };
    const { survey, diagnostics } = surveyFile(options, undefined);
    expect(diagnostics).toEqual([]);
    expect(survey?.unread.map(({ key, because, by }) => [key, because, by])).toEqual([
      ["vision_model.odd", "ignored", "**"],
    ]);
  });
});

describe("a mode loads what it reaches", () => {
  const surveys = new Map<string, CheckpointSurvey>();
  const pooler = 14;
  const llama = 32 * 9;
  const expected = {
    features: 628,
    encode_image_c: 628 + pooler,
    // All of QLLaMA but the table of words and the head, with the queries.
    encode_image_g: 628 + 2 * pooler + llama + 16 * 6 + 1 + 1,
    // One text pass: no cross-attention; text_projection.
    encode_text: 1 + llama + 1 + 1,
    similarity_c: 628 + pooler + 1 + llama + 1 + 1 + 1,
    similarity_g: 628 + 2 * pooler + llama + 16 * 6 + 1 + 1 + 1 + 1 + 1,
    query_features: 628 + llama + 16 * 6 + 1 + 1,
    match: 628 + llama + 16 * 6 + 1 + 1 + 1 + 2,
    caption: 628 + llama + 16 * 6 + 1 + 1 + 1 + 1,
  };
  beforeAll(() => {
    const sink = new DiagnosticSink();
    const loader = diskLoader(root);
    const program = checkFiles({ entries: [internvl], loader, parse: parseOnce, sink });
    const checkpoint = headerOf(officialCheckpoints["InternVL-14B-224px"]);
    const asked = { model: "InternVL", layout: undefined, checkpoint, sink };
    const chosen = checkpointOf(program, asked);
    const modes = Object.keys(expected);
    const overrides = chosen?.overrides ?? [];
    const elaborated = elaborateModes(program, { model: "InternVL", modes, overrides, sink });
    elaborated?.forEach((mode, n) => {
      if (chosen === undefined) return;
      surveys.set(modes[n] ?? "", surveyCheckpoint(mode, chosen, readsOf(mode, chosen)));
    });
    expect(sink.diagnostics).toEqual([]);
  });

  test.each(Object.entries(expected))("%s: %i tensors", (mode, count) => {
    const survey = surveys.get(mode);
    expect(survey?.reads).toHaveLength(count);
    expect(survey?.unread).toHaveLength(1048 - count);
    expect(survey?.unread.every(({ because }) => because === "other-mode")).toBe(true);
  });

  test("and together they load everything", () => {
    const keys = [...surveys.values()].flatMap(({ reads }) => reads.flatMap((read) => read.keys));
    expect(new Set(keys).size).toBe(1048);
  });
});

describe("weft run --dry-run", () => {
  const dryRun = async (...args: string[]) => {
    const found = await runWeft(["run", ...args, "--dry-run", "--json"], root);
    return { ...found, report: JSON.parse(found.stdout) as DryRunReport };
  };

  test("says what would be read and how much room it takes", async () => {
    const name = "InternVL-14B-224px";
    const args = [internvit, "--model", "InternViT", "--mode", "dense", "--weights", pathOf(name)];
    const { exitCode, stderr, report } = await dryRun(...args, "--set", "image=448");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(report).toMatchObject({
      fits: true,
      tensors: 1048,
      layout: { name: "internvit_from_internvl", because: "best" },
      // The last three blocks are for other modes.
      readTensors: 628 - 3 * 13,
      readBytes: 2 * (5_902_793_600 - 3 * 122_918_400),
      resampled: [{ from: [1, 257, 3200], to: [1025, 3200] }],
      unexpected: [],
      missing: [],
    });
    const parameters = 5_905_251_200 - 3 * 122_918_400;
    expect(report.device?.weightBytes).toBeGreaterThanOrEqual(4 * parameters);
    expect(report.device?.weightBytes).toBeLessThan(4.001 * parameters);
    const bytes = (part: string) => report.read.find((one) => one.part === part)?.bytes;
    expect(bytes("encoder.layers")).toBe(2 * 45 * 122_918_400);
    expect(report.read.every(({ dtypes }) => dtypes.join() === "BF16")).toBe(true);
  });

  test("tells a misspelt key from both sides", async () => {
    const right = "encoder.layers.7.mlp.fc1.weight";
    const wrong = "encoder.layers.7.mlp.fc_1.weight";
    const path = join(folder, "misspelt");
    const rename = (key: string): string => (key === right ? wrong : key);
    writeSparse(path, changed(officialCheckpoints["InternViT-6B-224px"], { rename }));
    const args = [internvit, "--model", "InternViT", "--mode", "forward", "--weights", path];
    const { exitCode, report } = await dryRun(...args);
    expect(exitCode).toBe(1);
    expect(report.missing).toEqual([{ parameter: right, keys: [right], nearest: [wrong] }]);
    expect(report.unexpected).toEqual([{ key: wrong, nearest: [right] }]);
    expect(report.fits).toBe(false);
    // One mistake, one diagnostic.
    expect(report.diagnostics.map(({ code }) => code)).toEqual(["key-missing"]);
    const text = await runWeft(["run", ...args, "--dry-run"], root);
    expect(text.stdout).toMatch(/missing +encoder\.layers\.7\.mlp\.fc1\.weight \(did you mean `/);
    expect(text.stderr).toContain("error[key-missing]");
  });

  test("needs a checkpoint, and reads it whole without a mode", async () => {
    const args = ["run", internvit, "--model", "InternViT_tiny", "--mode", "forward", "--dry-run"];
    expect((await runWeft([...args, "--weights", "random:1"], root)).exitCode).toBe(2);
    const weights = pathOf("InternVL-Chat with QLLaMA");
    const text = await runWeft(
      ["run", internvl, "--model", "InternVL", "--weights", weights, "--dry-run"],
      root,
    );
    // Another model: its parts are there under other names, and the first lines are enough.
    expect(text.exitCode).toBe(1);
    expect(text.stdout).toContain("and 1040 more");
    expect(text.stdout).toContain(
      "did you mean `internvl.vision_model.embeddings.class_embedding`?",
    );
  });
});
