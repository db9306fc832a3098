// One product: queries, keys and values of InternViT-6B's 257 tokens. Bound by what the units can do.
import { matrix, uniform } from "./tensor.mjs";

const sizes = { m: 257, k: 3200, n: 9600 };

export const gemm = {
  name: "gemm",
  title: "A product of 257 x 3200 and 3200 x 9600, f32",
  sizes,
  flops: 2 * sizes.m * sizes.k * sizes.n,
  weights: { weight: matrix(sizes.n, sizes.k) },
  input: { x: uniform([sizes.m, sizes.k], 1) },
  runs: 5,
};
