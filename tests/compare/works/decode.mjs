// Greedy decoding with a small LLaMA from an empty cache, one token after the other. Bound by memory: every
// token reads all weights.
import { gain, matrix, uniform } from "./tensor.mjs";

const sizes = {
  depth: 8,
  width: 512,
  heads: 8,
  hidden: 1376,
  vocabulary: 32_000,
  slots: 256,
  base: 10_000,
  tokens: 32,
  firstToken: 1,
};
const { depth, width, hidden, vocabulary, tokens } = sizes;

/** By the names of LLaMA checkpoints, behind `llama.`. */
function weights() {
  const tensors = { "llama.model.embed_tokens.weight": uniform([vocabulary, width], 1.7) };
  for (let i = 0; i < depth; i += 1) {
    const layer = `llama.model.layers.${i}`;
    tensors[`${layer}.input_layernorm.weight`] = gain(width);
    for (const name of ["q_proj", "k_proj", "v_proj", "o_proj"])
      tensors[`${layer}.self_attn.${name}.weight`] = matrix(width, width);
    tensors[`${layer}.post_attention_layernorm.weight`] = gain(width);
    tensors[`${layer}.mlp.gate_proj.weight`] = matrix(hidden, width);
    tensors[`${layer}.mlp.up_proj.weight`] = matrix(hidden, width);
    tensors[`${layer}.mlp.down_proj.weight`] = matrix(width, hidden);
  }
  tensors["llama.model.norm.weight"] = gain(width);
  tensors["llama.lm_head.weight"] = matrix(vocabulary, width);
  return tensors;
}

export const decode = {
  name: "decode",
  title: `Decoding ${tokens} tokens, 8 layers, width 512, vocabulary 32,000, batch 1, f32`,
  sizes,
  /** One run makes so many tokens; counts and rates are per token. */
  tokens,
  flops: 2 * tokens * (depth * (4 * width * width + 3 * width * hidden) + width * vocabulary),
  weights: weights(),
  input: {},
  runs: 3,
};
