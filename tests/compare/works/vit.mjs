// The forward pass of a plain 12-layer vision transformer of width 192 on eight images.
import { bias, gain, matrix, uniform } from "./tensor.mjs";

const [image, patch] = [224, 16];
const side = image / patch;
const sizes = {
  batch: 8,
  patch,
  side,
  tokens: side * side + 1,
  width: 192,
  heads: 3,
  hidden: 768,
  depth: 12,
  classes: 1000,
};
const { batch, tokens, width, hidden, depth, classes } = sizes;

/** Multiplications and additions of the matrix products of one forward pass. */
function countFlops() {
  const patches = side * side * 3 * patch * patch * width;
  const block = tokens * width * (4 * width + 2 * hidden) + 2 * tokens * tokens * width;
  return 2 * batch * (patches + depth * block + width * classes);
}

/** By the names of vit.weft. */
function weights() {
  const tensors = {
    cls: uniform([1, width], 0.2),
    position: uniform([tokens, width], 0.2),
    "patches.weight": uniform([width, 3, patch, patch], Math.sqrt(1 / (patch * patch))),
    "patches.bias": bias(width),
  };
  const linear = (name, out, input) => {
    tensors[`${name}.weight`] = matrix(out, input);
    tensors[`${name}.bias`] = bias(out);
  };
  const norm = (name) => {
    tensors[`${name}.weight`] = gain(width);
    tensors[`${name}.bias`] = bias(width);
  };
  for (let i = 0; i < depth; i += 1) {
    norm(`blocks.${i}.norm1`);
    linear(`blocks.${i}.attn.qkv`, 3 * width, width);
    linear(`blocks.${i}.attn.proj`, width, width);
    norm(`blocks.${i}.norm2`);
    linear(`blocks.${i}.mlp.fc1`, hidden, width);
    linear(`blocks.${i}.mlp.fc2`, width, hidden);
  }
  norm("norm");
  linear("head", classes, width);
  return tensors;
}

export const vit = {
  name: "vit",
  title: "The forward pass of a ViT, 12 layers, width 192, 224 px, batch 8, f32",
  sizes,
  flops: countFlops(),
  weights: weights(),
  input: { pixels: uniform([batch, 3, image, image], 1.7) },
  runs: 5,
};
