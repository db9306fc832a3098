// One block of InternViT-6B at 224 px: RMS norms, norms of queries and keys, layer scale.
import { bias, gain, matrix, uniform } from "./tensor.mjs";

const sizes = { tokens: 257, width: 3200, heads: 25, hidden: 12800 };
const { tokens, width, hidden } = sizes;

export const block = {
  name: "block",
  title: "A block of InternViT-6B, 257 tokens, f32",
  sizes,
  flops: 2 * tokens * width * (4 * width + 2 * hidden) + 4 * tokens * tokens * width,
  weights: {
    "block.norm1.weight": gain(width),
    "block.attn.qkv.weight": matrix(3 * width, width),
    "block.attn.q_norm.weight": gain(width),
    "block.attn.k_norm.weight": gain(width),
    "block.attn.proj.weight": matrix(width, width),
    "block.attn.proj.bias": bias(width),
    "block.ls1": bias(width),
    "block.norm2.weight": gain(width),
    "block.mlp.fc1.weight": matrix(hidden, width),
    "block.mlp.fc1.bias": bias(hidden),
    "block.mlp.fc2.weight": matrix(width, hidden),
    "block.mlp.fc2.bias": bias(width),
    "block.ls2": bias(width),
  },
  input: { x: uniform([1, tokens, width], 1.7) },
  runs: 3,
};
