import { describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { elaborateMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { optimize } from "../../compiler/pipeline.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";

const text = `
import { LayerNorm, BatchNorm, Mlp, SwiGlu, Conv3x3, UpConv2x2, AttentionPool, Embedding, GroupNorm, InstanceNorm, SelfAttention, TransformerBlock } from "std/layers"
import { attention, logsumexp, l2_normalize, rope, mean_where, gelu_tanh, fill } from "std/functions"
import { bicubic, bilinear } from "std/resample"
import { Conv1d, Conv2d, TransposedConv2d } from "std/convolution"
import { max_pool, max_pool2d, avg_pool, avg_pool2d, adaptive_avg_pool, adaptive_max_pool } from "std/pooling"

module Shared<D, E>() {
  use ln = LayerNorm<D>()
  use bn = BatchNorm<D>()
  use gated = SwiGlu<D, 6>()
  use mlp = Mlp<D, 5>(act: gelu_tanh)
  use pool = AttentionPool<D, E>(heads: 2)
  use attn = SelfAttention<D>(heads: 2, biased: false)
  use block = TransformerBlock<D>(heads: 2, causal: true)
  fn forward(x: [.., N, D]) -> [.., N, D] {
    x + gated(ln(x)) + mlp(bn(x))
  }
  fn pooled(x: [.., N, D]) -> [.., E] {
    pool(x)
  }
  fn attended(x: [.., N, D]) -> [.., N, D] {
    attn(x)
  }
  fn transformed(x: [.., N, D]) -> [.., N, D] {
    block(x)
  }
}

model Zoo<D = 4, E = 3, Vocab = 7>() where Vocab >= 3, D % 2 == 0 {
  use shared = Shared<D, E>()
  axis Y2 = 7
  axis X2 = 3
  axis Wide = 10
  axis High = 12
  axis Few = 3
  use conv = Conv3x3<D, E>()
  use up = UpConv2x2<D, E>()
  use words = Embedding<Vocab, D>()
  axis Y3 = 3
  axis X3 = 2
  axis N3 = 5
  axis High3 = 10
  axis Wide3 = 12
  axis Six = 6
  use line = Conv1d<D, E, 3>(dilate: 2, pad: 1)
  use strided = Conv2d<D, E, 3, 2>(stride: 2, pad: 1)
  use grouped = Conv2d<D, Six, 3, 3>(stride: 2, pad: 1, groups: 2)
  use deep = Conv2d<D, D, 3, 3>(stride: 2, pad: 1, groups: D, biased: false)
  use stretched = TransposedConv2d<D, E, 3, 3>(stride: 2, grow: 1, pad: 1)
  use groups = GroupNorm<D>(groups: 2)
  use instances = InstanceNorm<D>()

  mode layers(x: f32[B, N, D]) -> [B, N, D] { shared(real(x)) }
  mode pooled(x: f32[B, N, D]) -> [B, E] { shared.pooled(real(x)) }
  mode attended(x: f32[B, N, D]) -> [B, N, D] { shared.attended(real(x)) }
  mode transformed(x: f32[B, N, D]) -> [B, N, D] { shared.transformed(real(x)) }
  mode similarity(a: f32[B, D], b: f32[C, D]) -> [B, C] {
    sum{D}(l2_normalize{D}(real(a)) * l2_normalize{D}(real(b)))
  }
  mode convolved(x: f32[B, D, Y = 5, X = 6]) -> [B, E, Y, X] { conv(real(x)) }
  mode grown(x: f32[B, D, Y = 5, X = 6]) -> [B, E, Wide, High] {
    up.forward{Wide, High}(real(x))
  }
  mode lines(x: f32[B, D, L = 7]) -> [B, E, N3] { line.forward{N3}(real(x)) }
  mode strides(x: f32[B, D, Y = 5, X = 3]) -> [B, E, Y3, X3] { strided.forward{Y3, X3}(real(x)) }
  mode grouping(x: f32[B, D, Y = 5, X = 4]) -> [B, Six, Y3, X3] { grouped.forward{Y3, X3}(real(x)) }
  mode deepened(x: f32[B, D, Y = 5, X = 4]) -> [B, D, Y3, X3] { deep.forward{Y3, X3}(real(x)) }
  mode unfolded(x: f32[B, D, Y = 5, X = 6]) -> [B, E, High3, Wide3] {
    stretched.forward{High3, Wide3}(real(x))
  }
  mode largest(x: f32[B, Y = 5, X = 4]) -> (map: [B, Y3, X3], line: [B, Y3, X], part: [B, Y2, X3]) {
    (
      max_pool2d{Y, X -> Y3, X3}(real(x), 3, 2, pad: 1), max_pool{Y -> Y3}(real(x), 3, 1),
      adaptive_max_pool{X -> X3}(adaptive_max_pool{Y -> Y2}(real(x)))
    )
  }
  mode averages(x: f32[B, Y = 5, X = 4]) -> (map: [B, Y3, X3], line: [B, Y3, X], part: [B, Y2, X3]) {
    (
      avg_pool2d{Y, X -> Y3, X3}(real(x), 3, 2, pad: 1, count_padding: false),
      avg_pool{Y -> Y3}(real(x), 2, 2, pad: 1), adaptive_avg_pool{X -> X3}(adaptive_avg_pool{Y -> Y2}(real(x)))
    )
  }
  mode normal(x: f32[B, D, Y = 5, X = 4]) -> (groups: [B, D, Y, X], instances: [B, D, Y, X]) {
    (groups(real(x)), instances(real(x)))
  }
  mode resized(x: f32[B, D, Y = 5, X = 6]) -> [B, D, Y2, X2] {
    bilinear{X -> X2}(bicubic{Y -> Y2}(real(x)))
  }
  mode turned(x: f32[B, N, D], position: i32[B, N]) -> [B, N, D] { rope{D}(real(x), position) }
  mode embedded(ids: i32[B, N]) -> [B, N, D] { words(ids) }
  mode loss(x: f32[B, Vocab], target: i32[B]) -> f32[B] {
    logsumexp{Vocab}(x) - take{Vocab: target}(x)
  }
  mode counts(keep: bool[B, N]) -> i32[B, N] { cumsum{N}(i32(keep)) }
  mode averaged(x: f32[B, N], keep: bool[B, N]) -> f32[] { mean_where(x, keep) }
  mode filled(x: f32[B, N, D], hole: bool[B, N], filler: f32[B, F, D]) -> [B, N, D] {
    fill{N, F}(real(x), hole, real(filler))
  }
  mode placed(x: f32[B, N], at: i32[B, K], y: f32[B, K]) -> [B, N] { put{N: at}(real(x), real(y)) }
  mode best(x: f32[B, Vocab]) -> (first: i32[B], few: i32[B, Few]) {
    (argmax{Vocab}(x), top{Vocab -> Few}(x))
  }
  mode causal(x: f32[B, N, D]) -> [B, N, D] {
    axis M = N
    let k = rename{N -> M}(real(x))
    attention{M, D}(real(x), k, k, mask: index{M} <= index{N})
  }
}
`;

const path = "zoo.weft";
const loader = memoryLoader(path, text);

const mistakes = new DiagnosticSink();
const program = checkFiles({ entries: [path], loader, parse: parseOnce, sink: mistakes });

function elaborated(mode: string) {
  expect(mistakes.diagnostics).toEqual([]);
  const sink = new DiagnosticSink();
  const found = elaborateMode(program, { model: "Zoo", mode, overrides: [], sink });
  if (found === undefined || sink.hasErrors) throw new Error(renderDiagnostics(sink.diagnostics));
  return found;
}

describe("kernels of the standard library mean what its text means", () => {
  const expectations: Readonly<Record<string, number>> = {
    layers: 7,
    pooled: 8,
    attended: 3,
    transformed: 7,
    similarity: 3,
    convolved: 1,
    grown: 1,
    lines: 1,
    strides: 1,
    grouping: 1,
    deepened: 1,
    unfolded: 2,
    largest: 4,
    averages: 5,
    normal: 3,
    resized: 4,
    turned: 1,
    embedded: 1,
    loss: 1,
    counts: 1,
    averaged: 1,
    filled: 2,
    placed: 1,
    best: 3,
    causal: 1,
  };
  for (const [mode, most] of Object.entries(expectations)) {
    test(mode, () => {
      const { graph, build, sizes } = elaborated(mode);
      const numbers: Readonly<Record<string, number>> = { B: 2, N: 5, C: 3, F: 2, K: 3 };
      const free = graph.freeAxes.map((axis) => [axis.size, numbers[axis.name] ?? 3] as const);
      const extent = extentOf(sizes, new Map(free));
      const optimized = optimize({ graph, build, extent }, { precision: "f32" });
      const feeds = randomFeeds(graph, extent, 3);
      for (const { path, value } of graph.stored) {
        if (path.endsWith("running_var"))
          feeds.get(value)?.data.forEach((x, n, all) => {
            all[n] = 0.5 + x * x;
          });
      }
      const program = compareKernels(graph, optimized, extent, feeds, {});
      const names = program.kernels.map((kernel) => kernel.name);
      expect(names.length, names.join(", ")).toBeLessThanOrEqual(most);
    });
  }
});
