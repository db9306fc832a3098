/**
 * The names and shapes of released checkpoints, in the order in which their modules declare them. They
 * are written down from the layout of those files, not made from our models: the tests compare the two.
 */
export type OfficialTensor = readonly [key: string, shape: readonly number[]];

const vision = { width: 3200, hidden: 12800, depth: 48 } as const;
const language = { width: 4096, hidden: 11008, depth: 32, vocabulary: 49954, queries: 96 } as const;

/** OpenGVLab/InternVL-14B-224px; `tokens` is 257 at 224 px. */
export function internvl14bTensors(tokens: number): readonly OfficialTensor[] {
  const { width, queries } = language;
  return [
    ["query_tokens", [1, queries, width]],
    ["text_projection", [width, 768]],
    ["logit_scale", []],
    ...internvit6bTensors("vision_model.", tokens),
    ...qllamaTensors("qllama."),
    ...poolerTensors("clip_projector.", vision.width),
    ...poolerTensors("clip_projector2.", width),
    ["itm_head.weight", [2, width]],
    ["itm_head.bias", [2]],
  ];
}

export function internvit6bTensors(
  prefix: string,
  tokens: number,
  depth: number = vision.depth,
): readonly OfficialTensor[] {
  const { width, hidden } = vision;
  const block: readonly OfficialTensor[] = [
    ["ls1", [width]],
    ["ls2", [width]],
    ["attn.qkv.weight", [3 * width, width]],
    ["attn.q_norm.weight", [width]],
    ["attn.k_norm.weight", [width]],
    ["attn.proj.weight", [width, width]],
    ["attn.proj.bias", [width]],
    ["mlp.fc1.weight", [hidden, width]],
    ["mlp.fc1.bias", [hidden]],
    ["mlp.fc2.weight", [width, hidden]],
    ["mlp.fc2.bias", [width]],
    ["norm1.weight", [width]],
    ["norm2.weight", [width]],
  ];
  return [
    [`${prefix}embeddings.class_embedding`, [1, 1, width]],
    [`${prefix}embeddings.position_embedding`, [1, tokens, width]],
    [`${prefix}embeddings.patch_embedding.weight`, [width, 3, 14, 14]],
    [`${prefix}embeddings.patch_embedding.bias`, [width]],
    ...layers(`${prefix}encoder.layers.`, depth, () => block),
  ];
}

/** QLLaMA: a LLaMA with cross-attention in every second layer. */
function qllamaTensors(prefix: string): readonly OfficialTensor[] {
  const { width } = language;
  const cross: readonly OfficialTensor[] = [
    ["cross_attn.norm1.weight", [width]],
    ["cross_attn.norm2.weight", [vision.width]],
    ["cross_attn.q_proj.weight", [width, width]],
    ["cross_attn.k_proj.weight", [width, vision.width]],
    ["cross_attn.v_proj.weight", [width, vision.width]],
    ["cross_attn.o_proj.weight", [width, width]],
  ];
  return llamaTensors(prefix, language.vocabulary, (layer) => (layer % 2 === 0 ? cross : []));
}

function llamaTensors(
  prefix: string,
  vocabulary: number,
  cross: (layer: number) => readonly OfficialTensor[] = () => [],
): readonly OfficialTensor[] {
  const { width, hidden, depth } = language;
  const attention = ["q", "k", "v", "o"].map(
    (name): OfficialTensor => [`self_attn.${name}_proj.weight`, [width, width]],
  );
  return [
    [`${prefix}model.embed_tokens.weight`, [vocabulary, width]],
    ...layers(`${prefix}model.layers.`, depth, (layer) => [
      ...attention,
      ...cross(layer),
      ["mlp.gate_proj.weight", [hidden, width]],
      ["mlp.down_proj.weight", [width, hidden]],
      ["mlp.up_proj.weight", [hidden, width]],
      ["input_layernorm.weight", [width]],
      ["post_attention_layernorm.weight", [width]],
    ]),
    [`${prefix}model.norm.weight`, [width]],
    [`${prefix}lm_head.weight`, [vocabulary, width]],
  ];
}

function poolerTensors(prefix: string, width: number): readonly OfficialTensor[] {
  return [
    ...["q", "k", "v"].flatMap((name) => affine(`${prefix}norm1_${name}`, [width])),
    ...["q", "k", "v"].map((name): OfficialTensor => [`${prefix}cross_attn.${name}_bias`, [width]]),
    ...["q", "k", "v"].map(
      (name): OfficialTensor => [`${prefix}cross_attn.${name}.weight`, [width, width]],
    ),
    ...affine(`${prefix}cross_attn.proj`, [768, width]),
  ];
}

/** InternVL-Chat-ViT-6B-Vicuna-7B, a LLaVA with InternViT-6B at 336 px: OpenGVLab/InternVL, issue 86. */
export function chatCTensors({ vocabulary }: { vocabulary: number }): readonly OfficialTensor[] {
  const llm = llamaTensors("", vocabulary);
  const head = llm.filter(([key]) => key === "lm_head.weight");
  return [
    ...llm.filter(([key]) => key !== "lm_head.weight"),
    ...internvit6bTensors("model.vision_tower.vision_tower.", 577),
    ...affine("model.mm_projector.0", [language.width, vision.width]),
    ...affine("model.mm_projector.2", [language.width, language.width]),
    ...head,
  ];
}

/** InternVL-Chat with QLLaMA, as its training code names modules: two connectors beside an InternVL. */
export function chatDTensors({ vocabulary }: { vocabulary: number }): readonly OfficialTensor[] {
  const { width, queries } = language;
  return [
    ["internvl.query_tokens", [1, queries, width]],
    ...internvit6bTensors("internvl.vision_model.", 257),
    ...qllamaTensors("internvl.qllama."),
    ...llamaTensors("language_model.", vocabulary),
    ...connectorTensors("mlp1", vision.width),
    ...connectorTensors("mlp2", width),
  ];
}

/** LayerNorm, Linear, GELU, Linear: the third has nothing to store. */
function connectorTensors(name: string, width: number): readonly OfficialTensor[] {
  return [
    ...affine(`${name}.0`, [width]),
    ...affine(`${name}.1`, [language.width, width]),
    ...affine(`${name}.3`, [language.width, language.width]),
  ];
}

function affine(name: string, shape: readonly [number, ...number[]]): readonly OfficialTensor[] {
  return [
    [`${name}.weight`, shape],
    [`${name}.bias`, [shape[0]]],
  ];
}

function layers(
  prefix: string,
  depth: number,
  tensors: (layer: number) => readonly OfficialTensor[],
): readonly OfficialTensor[] {
  return Array.from({ length: depth }, (_, layer) =>
    tensors(layer).map(([name, shape]): OfficialTensor => [`${prefix}${layer}.${name}`, shape]),
  ).flat();
}
