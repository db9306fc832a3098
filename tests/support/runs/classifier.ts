import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";

/** A classifier of two layers, and a stage that trains it. */
export const classifier = `import { gelu } from "std/functions"
import { LayerNorm, Linear } from "std/layers"
import { cross_entropy } from "std/losses"
import { AdamW } from "std/optimizers"
import { cosine } from "std/schedules"

model Classifier {
  axis In = 16
  axis Hidden = 64
  axis Class = 8
  use up = Linear<In, Hidden>()
  use norm = LayerNorm<Hidden>()
  use down = Linear<Hidden, Class>()
  mode classify(x: f32[B, In]) -> [B, Class] { down(norm(gelu(up(real(x))))) }
}
stage fit of Classifier(x: f32[B, In], label: i32[B]) {
  train everything else at lr 3e-3
  optimizer AdamW()
  schedule cosine(warmup: 20)
  decay 0.01 except vectors
  clip 1.0
  ema 0.99
  steps 1000
  batch 32
  precision compute f16
  loss { cross_entropy{Class}(classify(x), label) }
}
`;

const [batch, inputs, hidden, classes] = [32, 16, 24, 8];

/**
 * Records of `steps` steps: what two layers of random weights say of random numbers is the class of each. A further
 * step with an infinity stands before step `spoilt`, from 0.
 */
export function writeClasses(path: string, steps: number, seed: number, spoilt?: number): void {
  const draw = normal(seed);
  const matrix = (rows: number, columns: number): readonly Float32Array[] =>
    Array.from({ length: rows }, () => Float32Array.from({ length: columns }, draw));
  const [up, down] = [matrix(hidden, inputs), matrix(classes, hidden)];
  const times = (rows: readonly Float32Array[], x: ArrayLike<number>): number[] =>
    rows.map((row) => row.reduce((sum, weight, n) => sum + weight * (x[n] ?? 0), 0));
  const x = Float32Array.from({ length: steps * batch * inputs }, draw);
  const label = Int32Array.from({ length: steps * batch }, (_, n) => {
    const scores = times(down, times(up, x.subarray(n * inputs, (n + 1) * inputs)).map(Math.tanh));
    return scores.indexOf(Math.max(...scores));
  });
  const order = Array.from({ length: steps }, (_, step) => step);
  if (spoilt !== undefined) order.splice(spoilt, 0, 0);
  const rowsOf = <T extends Float32Array | Int32Array>(into: T, from: T): T => {
    const width = from.length / steps;
    for (const [n, step] of order.entries())
      into.set(from.subarray(step * width, (step + 1) * width), n * width);
    return into;
  };
  const count = order.length * batch;
  const xs = rowsOf(new Float32Array(count * inputs), x);
  if (spoilt !== undefined) xs[spoilt * batch * inputs] = Number.POSITIVE_INFINITY;
  writeSafetensors(path, {
    x: { element: "f32", shape: [order.length, batch, inputs], data: xs },
    label: {
      element: "i32",
      shape: [order.length, batch],
      data: rowsOf(new Int32Array(count), label),
    },
  });
}

/** Normal numbers by the Box-Muller transform of a linear congruential generator. */
function normal(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
