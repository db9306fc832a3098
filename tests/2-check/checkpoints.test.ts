import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CheckpointFile } from "../../compiler/2-check/weights/checkpoint-of.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Axis, Graph, Value } from "../../compiler/ir/graph/graph.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readCheckpoint } from "../support/models/read-checkpoint.ts";

const root = join(import.meta.dirname, "..", "..");
const internvit = "models/internvit/internvit.weft";

/** The tensors of a small InternViT behind a prefix, and some of a larger model around it. */
function internvlHeader(prefix: string): CheckpointFile["tensors"] {
  const layer = {
    ls1: [64],
    ls2: [64],
    "norm1.weight": [64],
    "norm2.weight": [64],
    "attn.qkv.weight": [192, 64],
    "attn.q_norm.weight": [64],
    "attn.k_norm.weight": [64],
    "attn.proj.weight": [64, 64],
    "attn.proj.bias": [64],
    "mlp.fc1.weight": [160, 64],
    "mlp.fc1.bias": [160],
    "mlp.fc2.weight": [64, 160],
    "mlp.fc2.bias": [64],
  };
  const vision: Record<string, readonly number[]> = {
    "embeddings.class_embedding": [1, 1, 64],
    "embeddings.position_embedding": [1, 17, 64],
    "embeddings.patch_embedding.weight": [64, 3, 14, 14],
    "embeddings.patch_embedding.bias": [64],
  };
  for (const index of [0, 1, 2]) {
    for (const [name, shape] of Object.entries(layer))
      vision[`encoder.layers.${index}.${name}`] = shape;
  }
  const entries = Object.entries(vision).map(([name, shape]) => [prefix + name, shape] as const);
  return Object.fromEntries(entries);
}

const visionConfig = {
  hidden_size: 64,
  num_attention_heads: 4,
  intermediate_size: 160,
  num_hidden_layers: 3,
  image_size: 56,
  patch_size: 14,
  qk_normalization: true,
};
const wholeInternvl: CheckpointFile = {
  config: JSON.stringify({ vision_config: visionConfig, num_query_token: 8 }),
  tensors: {
    ...internvlHeader("vision_model."),
    query_tokens: [1, 8, 96],
    "qllama.model.norm.weight": [96],
  },
};
const disk = diskLoader(root);

describe("a checkpoint of InternViT", () => {
  test("inside a whole InternVL is found by its prefix, and gives the sizes", () => {
    const { codes, layout, overrides, reads } = readCheckpoint(
      disk,
      internvit,
      "InternViT",
      "forward",
      wholeInternvl,
    );
    expect(codes).toEqual([]);
    expect(layout).toBe("internvit_from_internvl");
    const given = Object.fromEntries(overrides.map(({ path, value }) => [path, value]));
    expect(given).toEqual({
      D: 64,
      Heads: 4,
      Hidden: 160,
      depth: 3,
      image: 56,
      patch: 14,
      qk_norm: true,
    });
    expect(reads?.prefix).toBe("vision_model.");
    expect(reads?.reads).toHaveLength(4 + 3 * 13);
    expect(
      reads?.reads.every(({ source, resample }) => source !== undefined && resample === undefined),
    ).toBe(true);
    expect(reads?.ignore).toContain("qllama.**");
  });

  test("of its own is read by its paths", () => {
    const alone = { config: JSON.stringify(visionConfig), tensors: internvlHeader("") };
    const found = readCheckpoint(disk, internvit, "InternViT", "forward", alone);
    expect([found.layout, found.codes]).toEqual(["internvit_hf", []]);
  });

  test("can be named in the model's named instances", () => {
    const set = [
      { path: "D", value: 64 },
      { path: "Heads", value: 4 },
      { path: "Hidden", value: 160 },
      { path: "depth", value: 3 },
      { path: "image", value: 56 },
    ];
    const bare = { config: undefined, tensors: internvlHeader("vision_model.") };
    const found = readCheckpoint(disk, internvit, "InternViT_6B", "dense", bare, {
      layout: "internvit_from_internvl",
      set,
    });
    expect([found.codes, found.layout]).toEqual([[], "internvit_from_internvl"]);
  });

  test("of the original training code is mapped", () => {
    const renamed = Object.entries(internvlHeader("")).map(([key, shape]) => [
      `module.${key
        .replace("embeddings.class_embedding", "cls_token")
        .replace("embeddings.position_embedding", "pos_embed")
        .replace("embeddings.patch_embedding", "patch_embed.proj")
        .replace(/encoder\.layers\.(\d+)/, "blocks.$1")
        .replace(/(ls[12])$/, "$1.gamma")}`,
      shape,
    ]);
    const set = Object.entries({ D: 64, Heads: 4, Hidden: 160, depth: 3, image: 56 }).map(
      ([path, value]) => ({ path, value }),
    );
    const found = readCheckpoint(
      disk,
      internvit,
      "InternViT",
      "forward",
      { config: undefined, tensors: Object.fromEntries(renamed) },
      { set },
    );
    expect([found.codes, found.layout]).toEqual([[], "internvit_pth"]);
    const source = (path: string) =>
      found.reads?.reads.find(({ parameter }) => parameter === path)?.source;
    expect(source("encoder.layers.2.ls1")).toEqual({
      kind: "key",
      key: "module.blocks.2.ls1.gamma",
    });
    expect(source("encoder.layers.1.attn.qkv.weight")).toEqual({
      kind: "key",
      key: "module.blocks.1.attn.qkv.weight",
    });
  });

  test("is resampled for another image size, from the grid of the file", () => {
    const set = [{ path: "image", value: 84 }];
    const { codes, reads, sizeOf } = readCheckpoint(
      disk,
      internvit,
      "InternViT",
      "forward",
      wholeInternvl,
      {
        set,
      },
    );
    expect(codes).toEqual([]);
    const resampled = reads?.reads.filter(({ resample }) => resample !== undefined) ?? [];
    expect(resampled.map(({ parameter }) => parameter)).toEqual(["embeddings.position_embedding"]);
    const resample = resampled[0]?.resample;
    expect(resample?.shape).toEqual([1, 17, 64]);
    expect(gridsOf(resample?.graph, sizeOf)).toEqual([
      "Cls 1 + Row 4 * Col 4, D 64",
      "Cls 1 + Row 6 * Col 6, D 64",
    ]);
    expect(opsBelow(resample?.graph)).toEqual(expect.arrayContaining(["input", "sum"]));
  });

  test("that a release calls by another size than the model may be set back", () => {
    const set = [{ path: "image", value: 224 }];
    expect(
      readCheckpoint(disk, internvit, "InternViT", "forward", wholeInternvl, { set }).codes,
    ).toEqual([]);
    const same = [{ path: "depth", value: 48 }];
    const unset = { config: undefined, tensors: wholeInternvl.tensors };
    expect(
      readCheckpoint(disk, internvit, "InternViT", "forward", unset, { set: same }).codes,
    ).not.toContain("idle-override");
  });

  test("of another layout than the one that is named misses its keys", () => {
    const found = readCheckpoint(disk, internvit, "InternViT", "forward", wholeInternvl, {
      layout: "internvit_hf",
    });
    expect(found.codes).toContain("key-missing");
    const unknown = readCheckpoint(disk, internvit, "InternViT", "forward", wholeInternvl, {
      layout: "internvit",
    });
    expect(unknown.codes).toEqual(["unknown-layout"]);
  });
});

/** How the input and the output of a resampling are stored: axes with sizes, segments of a join. */
function gridsOf(
  graph: Graph | undefined,
  sizeOf: (axis: Axis) => number | undefined,
): readonly string[] {
  const written = (axis: Axis): string =>
    axis.segments === undefined
      ? `${axis.name} ${sizeOf(axis)}`
      : axis.segments.map((segment) => segment.map(written).join(" * ")).join(" + ");
  const ends = [graph?.inputs[0]?.dimensions ?? [], graph?.outputs[0]?.dimensions ?? []];
  return ends.map((dimensions) =>
    dimensions.map(({ axes }) => axes.map(written).join(" * ")).join(", "),
  );
}

function opsBelow(graph: Graph | undefined): readonly string[] {
  const found = new Set<string>();
  const visit = (value: Value): void => {
    if (found.has(`${value.id}`)) return;
    found.add(`${value.id}`).add(value.op);
    for (const one of value.inputs) visit(one);
  };
  for (const { value } of graph?.outputs ?? []) visit(value);
  return [...found];
}

test("the oracle's whole InternVL is read as InternViT", (context) => {
  const folder = join(root, "..", "shared", "oracle", "internvl-tiny");
  if (!existsSync(folder)) {
    console.log(`skipped: there is no ${folder}`);
    context.skip();
  }
  const { tensors } = readHeaders(folder);
  const shapes = Object.fromEntries(
    Object.entries(tensors).map(([key, { shape }]) => [key, shape]),
  );
  const config = readFileSync(join(folder, "config.json"), "utf8");
  const set = [{ path: "image", value: 84 }];
  const found = readCheckpoint(
    disk,
    internvit,
    "InternViT",
    "forward",
    { config, tensors: shapes },
    { set },
  );
  expect([found.codes, found.layout]).toEqual([[], "internvit_from_internvl"]);
  const resampled = found.reads?.reads.filter(({ resample }) => resample !== undefined);
  expect(gridsOf(resampled?.[0]?.resample?.graph, found.sizeOf)).toEqual([
    "Cls 1 + Row 4 * Col 4, D 64",
    "Cls 1 + Row 6 * Col 6, D 64",
  ]);
});
