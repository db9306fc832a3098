import { expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Axis } from "../../compiler/ir/graph/graph.ts";
import type { Sized } from "../../compiler/ops/define-op.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { resizeImage } from "../../runtime/images/resize-image.ts";
import { firstValuesOf } from "../support/models/first-values.ts";
import {
  type PoolMistakes,
  plainPool,
  plainVit,
  range,
  rowsOf,
  unit,
  type VitMistakes,
} from "../support/models/plain-internvl.ts";
import { readCheckpoint } from "../support/models/read-checkpoint.ts";
import {
  expectOnly,
  internvlFile,
  internvlSet,
  modeOf,
  pathsOf,
  pixels,
  qllama,
  SmallWeights,
  vision,
  visionSet,
} from "../support/models/small-internvl.ts";

/** Each mistake of section 8 of the fact sheet is made here in plain numbers, and would be noticed. */
const internvitFile = "models/internvit/internvit.weft";

function expectOnlyPlain(mistakes: Readonly<Record<string, VitMistakes>>): readonly string[] {
  const weights = new SmallWeights();
  const mode = modeOf(internvitFile, "InternViT", "forward", visionSet(""));
  const found = weights.run(mode, "forward", { pixels }, { B: 1 });
  const plain = (made?: VitMistakes): readonly number[] =>
    plainVit(weights.of(""), pixels, vision, made).flat();
  const wrong = Object.entries(mistakes).map(([name, made]) => [name, plain(made)] as const);
  expectOnly(found, plain(), Object.fromEntries(wrong));
  return pathsOf(mode);
}

test("pitfall 8.1: InternViT has no final norm", () => {
  const paths = expectOnlyPlain({ "a final norm": { finalNorm: true } });
  expect(paths.filter((path) => !/^(embeddings|encoder\.layers\.\d+)\./.test(path))).toEqual([]);
});

test("pitfall 8.2: queries and keys are normed over the whole width, all heads jointly", () => {
  expectOnlyPlain({ "a norm for each head": { qkNormPerHead: true } });
  const { graph, sizes } = modeOf(internvitFile, "InternViT_6B", "forward");
  const norm = graph.stored.find(({ path }) => path.endsWith("layers.0.attn.q_norm.weight"));
  const extent = extentOf(sizes, new Map());
  expect(norm?.value.type.axes.reduce((product, axis) => product * extent(axis), 1)).toBe(3200);
});

test("pitfall 8.3: branches are scaled by vectors that begin at 0.1", () => {
  expectOnlyPlain({ "no scale": { noLayerScale: true } });
  expect(firstElements("InternViT_tiny", internvitFile, "forward", "encoder.layers.0.ls1")).toEqual(
    Array(64).fill(Math.fround(0.1)),
  );
});

test("pitfall 8.4: GELU is the exact one", () => {
  expectOnlyPlain({ "the approximation by tanh": { tanhGelu: true } });
});

test("pitfall 8.5: patches and the projection have a bias, queries, keys and values none", () => {
  const paths = expectOnlyPlain({
    "patches without bias": { noPatchBias: true },
    "projection without bias": { noProjBias: true },
    "pixels before channels": { patchLast: true },
  });
  const biases = paths.filter((path) => path.endsWith("bias") && !/layers\.[1-9]/.test(path));
  const block = ["attn.proj", "mlp.fc1", "mlp.fc2"].map((one) => `encoder.layers.0.${one}.bias`);
  expect(biases.toSorted()).toEqual(["embeddings.patch_embedding.bias", ...block].toSorted());
});

test("pitfall 8.6: positions and images are resized by two different cubics", () => {
  // Positions: from a grid of 4 to one of 3, as PyTorch does it without antialiasing.
  const of = (image: number) =>
    modeOf(internvitFile, "InternViT", "forward", { ...visionSet(""), image });
  const [{ graph, sizes }, set] = [of(8), { ...visionSet(""), image: 6 }];
  const extent = extentOf(sizes, new Map());
  const shapes = graph.stored.map(({ path, dimensions }) => {
    const shape = dimensions.map(({ axes }) => axes.reduce((all, axis) => all * extent(axis), 1));
    return [path, shape] as const;
  });
  const tensors = Object.fromEntries(shapes);
  const settings = Object.entries(set).map(([path, value]) => ({ path, value }));
  const checkpoint = { config: undefined, tensors };
  const { reads, codes, sizeOf } = readCheckpoint(
    diskLoader(process.cwd()),
    internvitFile,
    "InternViT",
    "forward",
    checkpoint,
    { layout: "internvit_hf", set: settings },
  );
  expect(codes).toEqual([]);
  const resample = reads?.reads.find((read) => read.resample !== undefined)?.resample;
  const [input, output] = [resample?.graph.inputs[0]?.value, resample?.graph.outputs[0]?.value];
  if (input === undefined || output === undefined) throw new Error("nothing is resampled");
  const data = Float64Array.from({ length: 17 * 8 }, (_, n) => Math.sin(n * n));
  const feeds = new Map([[input, { type: input.type, data }]]);
  const size = (sized: Sized): number => sizeOf(sized as Axis) ?? Number.NaN;
  const found = interpretGraph([output], feeds, size).get(output)?.data ?? [];
  const [first = [], ...grid] = rowsOf(data, 8);
  const resized = (a: number, antialias: boolean): readonly number[] => {
    const matrix = cubicMatrix(4, 3, a, antialias);
    const cells = matrix.flatMap((down) =>
      matrix.map((across) =>
        range(8).map((d) =>
          grid.reduce((sum, cell, n) => {
            return sum + (down[n >> 2] ?? 0) * (across[n % 4] ?? 0) * (cell[d] ?? 0);
          }, 0),
        ),
      ),
    );
    return [first, ...cells].flat();
  };
  expectOnly([...found], resized(-0.75, false), {
    "the cubic of images": resized(-0.5, false),
    antialiased: resized(-0.75, true),
  });
  // Images: as Pillow does it, antialiased, in 8 bits.
  const levels = range(16).map((n) => (n * 53) % 200);
  const row = { width: 16, height: 1, data: Uint8Array.from(levels.flatMap((x) => [x, x, x])) };
  const image = [...resizeImage(row, 6, 1).data].filter((_, n) => n % 3 === 0);
  const furthest = (a: number, antialias: boolean): number =>
    Math.max(
      ...cubicMatrix(16, 6, a, antialias).map((weights, n) => {
        const level = weights.reduce((sum, weight, m) => sum + weight * (levels[m] ?? 0), 0);
        return Math.abs(level - (image[n] ?? 0));
      }),
    );
  expect(furthest(-0.5, true)).toBeLessThanOrEqual(0.51);
  expect(furthest(-0.75, true)).toBeGreaterThan(2);
  expect(furthest(-0.5, false)).toBeGreaterThan(2);
});

test("pitfall 8.7: poolers ask with the mean of all tokens; three norms, no residual, 16 heads", () => {
  const weights = new SmallWeights();
  const run = (mode: string) =>
    weights.run(modeOf(internvlFile, "InternVL", mode, internvlSet), mode, { pixels }, { B: 1 });
  const tokens = rowsOf(run("features"), vision.width);
  const found = run("encode_image_c");
  const plain = (made?: PoolMistakes) => plainPool(weights.of("clip_projector"), tokens, 2, made);
  expectOnly(found, plain(), {
    "class token left out": plain({ queryWithoutClass: true }),
    "one norm": plain({ oneNorm: true }),
    "another eps": plain({ eps: 1e-6 }),
    "other heads": plain({ heads: 4 }),
  });
  // The residual needs as many results as there are inputs.
  const square = { ...internvlSet, E: vision.width };
  const wide = new SmallWeights();
  const mode = modeOf(internvlFile, "InternVL", "encode_image_c", square);
  const pooled = wide.run(mode, "encode_image_c", { pixels }, { B: 1 });
  const part = wide.of("clip_projector");
  const seen = plainVit(wide.of("vision_model"), pixels, vision);
  const residual = plainPool(part, seen, 2, { residual: true });
  expectOnly(pooled, plainPool(part, seen, 2), { residual });
  const { graph, sizes } = modeOf(internvlFile, "InternVL_14B", "encode_image_g");
  const extent = extentOf(sizes, new Map());
  for (const [name, head] of Object.entries({ clip_projector: 200, clip_projector2: 256 })) {
    const q = graph.stored.find(({ path }) => path === `${name}.cross_attn.q.weight`);
    expect(q?.value.type.axes.slice(0, 2).map(extent)).toEqual([16, head]);
  }
});

test("pitfall 8.8: InternVL-G is the sum of two unit vectors", () => {
  const weights = new SmallWeights();
  const run = (mode: string) =>
    weights.run(modeOf(internvlFile, "InternVL", mode, internvlSet), mode, { pixels }, { B: 1 });
  const [c, queries, found] = [
    run("encode_image_c"),
    rowsOf(run("query_features"), qllama.width),
    run("encode_image_g"),
  ];
  const g = plainPool(weights.of("clip_projector2"), queries, 2);
  const sum = (a: readonly number[], b: readonly number[]) => a.map((x, n) => x + (b[n] ?? 0));
  expectOnly(found, sum(unit(c), unit(g)), {
    "the sum of what they are": sum(c, g),
    "normalised again": unit(sum(unit(c), unit(g))),
    "QLLaMA alone": unit(g),
  });
});

/** Weights from which a row of `from` becomes one of `to`, borders repeated. */
function cubicMatrix(from: number, to: number, a: number, antialias: boolean) {
  const scale = from / to;
  const cubic = (distance: number): number => {
    const t = Math.abs(distance);
    if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? ((t - 5) * t + 8) * t * a - 4 * a : 0;
  };
  return range(to).map((n) => {
    const center = (n + 0.5) * scale - 0.5;
    const weights = Array<number>(from).fill(0);
    if (antialias) {
      for (const m of range(from)) weights[m] = cubic((m - center) / Math.max(1, scale));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.map((weight) => weight / total);
    }
    for (const tap of range(4).map((k) => Math.floor(center) + k - 1)) {
      const source = Math.min(from - 1, Math.max(0, tap));
      weights[source] = (weights[source] ?? 0) + cubic(center - tap);
    }
    return weights;
  });
}

/** What a parameter begins with. */
function firstElements(model: string, file: string, mode: string, path: string): number[] {
  const values = firstValuesOf(modeOf(file, model, mode)).get(path);
  if (values === undefined) throw new Error(`${model} has no ${path}`);
  return [...values()];
}
