import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import type { StageRequest } from "../../../compiler/compile-stage.ts";
import type { Value } from "../../../compiler/ir/graph/graph.ts";
import type { Extent } from "../../../compiler/ops/define-op.ts";

/** A small network with sizes that fill no row of a slab; `policy` are lines of its stage `fit`. */
function netText(optimizer: string, policy: string, batch: string): string {
  const used = /^[A-Za-z]+/.exec(optimizer)?.[0] ?? "";
  const schedule = policy.includes("cosine") ? `import { cosine } from "std/schedules"\n` : "";
  return `import { Linear } from "std/layers"
import { ${used} } from "std/optimizers"
${schedule}
module Layer<D>() {
  use inner = Linear<D, D>()
  param scale: [D] = 1.0

  fn forward(x: [B, D]) -> [B, D] { x + scale * tanh(inner(x)) }
}

model Net<In = 13, D = 11, Out = 5>() {
  use first = Linear<In, D>()
  repeat i in 0..2 { use layers[i] = Layer<D>() }
  use last = Linear<D, Out>()
  param tempo: f32[] = 0.5

  mode run(x: f32[B, In]) -> f32[B, Out] {
    let y = first(real(x))
    for layer in layers { y = layer(y) }
    f32(last(y)) * exp(tempo)
  }
}

stage fit of Net(x: f32[B, In], y: f32[B, Out]) {
  loss { mean{B, Out}((run(x) - y) ^ 2) }
  optimizer ${optimizer}
  steps 20
  batch ${batch}
  ${policy}
}
`;
}

export const netSizes = { B: 3 };

/** The stage of the network for training on three samples, which `batch` may cut. */
export function netStage(optimizer: string, policy: string, batch = "3"): StageRequest {
  const loader = memoryLoader("fit.weft", netText(optimizer, policy, batch));
  return { entry: "fit.weft", loader, stage: "fit", sizes: netSizes, purpose: "train" };
}

const plain = "train first, layers, last, tempo at lr 1e-2";

/** What a stage may say of how the network learns. */
export const netPolicies = {
  plain,
  /** Two kinds of parameters, one rate. */
  decayed: `${plain}
  decay 0.1 except vectors
  clip 0.5
  ema 0.9
  schedule cosine(warmup: 2)`,
  /** Two kinds of parameters, four rates. */
  byLayer: `train layers at lr 1e-2, layer_decay 0.5
  train first, last, tempo at lr 1e-3
  decay 0.05 except vectors
  clip 1.0`,
};

/** What a step of training takes. */
export function netRecord(turn: number): Readonly<Record<"x" | "y", readonly number[]>> {
  return {
    x: Array.from({ length: 39 }, (_, n) => Math.sin(7 * n + turn)),
    y: Array.from({ length: 15 }, (_, n) => Math.cos(5 * n + turn)),
  };
}

/** First weights by path. */
export function netWeights(path: string, value: Value, extent: Extent): readonly number[] {
  const count = value.type.axes.reduce((product, axis) => product * extent(axis), 1);
  return Array.from({ length: count }, (_, n) => 0.3 * Math.sin(3 * n + path.length));
}
