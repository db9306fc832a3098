// The works as ONNX graphs: plain operators, as an exporter writes them. ONNX Runtime's fused attention of
// vision transformers is left out, because it gives wrong results on software adapters.
import { join } from "node:path";
import { rotations } from "../generate.mjs";
import { inOut } from "../tensor-files.mjs";
import { GraphFile } from "./graph-file.mjs";

export function writeOnnx(work, folder) {
  const graph = new GraphFile(join(folder, inOut));
  graphs[work.name](graph, work.sizes);
  return graph.save(folder, work.name);
}

const graphs = {
  gemm(graph, { m, k, n }) {
    const x = graph.input("x", "f32", [m, k]);
    graph.nodeInto(["output"], "MatMul", [x, graph.weight("weight")]);
    graph.output("output", "f32", [m, n]);
  },

  block(graph, { tokens, width, heads }) {
    const shape = [1, tokens, width];
    const x = graph.input("x", "f32", shape);
    const qkv = linear(graph, "block.attn.qkv", rmsNorm(graph, "block.norm1", x));
    const [q, k, v] = split(graph, qkv, 3);
    const normed = ["q", "k"].map((name, index) =>
      rmsNorm(graph, `block.attn.${name}_norm`, [q, k][index]),
    );
    const mixed = attend(graph, [...normed, v], { batch: 1, tokens, width, heads });
    const scaled = (name, branch) => graph.node("Mul", [branch, graph.weight(name)]);
    const attended = scaled("block.ls1", linear(graph, "block.attn.proj", mixed));
    const middle = graph.node("Add", [x, attended]);
    const inner = mlp(graph, "block.mlp", rmsNorm(graph, "block.norm2", middle));
    graph.nodeInto(["output"], "Add", [middle, scaled("block.ls2", inner)]);
    graph.output("output", "f32", shape);
  },

  vit(graph, { batch, side, patch, width, depth, tokens, heads, classes }) {
    const image = side * patch;
    const pixels = graph.input("pixels", "f32", [batch, 3, image, image]);
    const kernel = ["patches.weight", "patches.bias"].map((name) => graph.weight(name));
    const strides = { kernel_shape: [patch, patch], strides: [patch, patch] };
    const map = graph.node("Conv", [pixels, ...kernel], strides);
    const rows = graph.node("Reshape", [map, whole(graph, [batch, width, side * side])]);
    const patches = graph.node("Transpose", [rows], { perm: [0, 2, 1] });
    const cls = graph.node("Expand", [graph.weight("cls"), whole(graph, [batch, 1, width])]);
    const all = graph.node("Concat", [cls, patches], { axis: 1 });
    let x = graph.node("Add", [all, graph.weight("position")]);
    for (let i = 0; i < depth; i += 1) {
      const block = `blocks.${i}`;
      const qkv = linear(graph, `${block}.attn.qkv`, layerNorm(graph, `${block}.norm1`, x));
      const mixed = attend(graph, split(graph, qkv, 3), { batch, tokens, width, heads });
      x = graph.node("Add", [x, linear(graph, `${block}.attn.proj`, mixed)]);
      const inner = mlp(graph, `${block}.mlp`, layerNorm(graph, `${block}.norm2`, x));
      x = graph.node("Add", [x, inner]);
    }
    const first = graph.node("Gather", [x, graph.constant("i64", [], [0])], { axis: 1 });
    const product = graph.node("MatMul", [
      layerNorm(graph, "norm", first),
      graph.weight("head.weight"),
    ]);
    graph.nodeInto(["output"], "Add", [product, graph.weight("head.bias")]);
    graph.output("output", "f32", [batch, classes]);
  },

  decode(graph, sizes) {
    const { depth, width, heads, slots, vocabulary } = sizes;
    const head = width / heads;
    const token = graph.input("token", "i64", [1, 1]);
    const position = graph.input("position", "i32", [1]);
    const length = graph.input("length", "i32", []);
    const angles = Array.from({ length: slots }, (_, slot) => rotations(sizes, slot));
    const table = (name) =>
      graph.constant(
        "f32",
        [slots, head / 2],
        angles.flatMap((row) => [...row[name]]),
      );
    const [cos, sin] = [table("cos"), table("sin")];
    let x = graph.node("Gather", [graph.weight("llama.model.embed_tokens.weight"), token]);
    for (let i = 0; i < depth; i += 1) {
      const layer = `llama.model.layers.${i}`;
      const y = rmsNorm(graph, `${layer}.input_layernorm`, x);
      const qkv = ["q", "k", "v"].map((name) =>
        linear(graph, `${layer}.self_attn.${name}_proj`, y),
      );
      const before = ["keys", "values"].map((name) =>
        graph.input(`${name}.${i}`, "f32", [1, heads, slots, head]),
      );
      const after = ["new_keys", "new_values"].map((name) => `${name}.${i}`);
      graph.nodeInto(
        [`mixed.${i}`, ...after],
        "GroupQueryAttention",
        [...qkv, ...before, position, length, cos, sin],
        {
          num_heads: heads,
          kv_num_heads: heads,
          do_rotary: 1,
          rotary_interleaved: 0,
          scale: { float: head ** -0.5 },
        },
      );
      for (const name of after) graph.output(name, "f32", [1, heads, slots, head]);
      x = graph.node("Add", [x, linear(graph, `${layer}.self_attn.o_proj`, `mixed.${i}`)]);
      const z = rmsNorm(graph, `${layer}.post_attention_layernorm`, x);
      const gate = linear(graph, `${layer}.mlp.gate_proj`, z);
      const silu = graph.node("Mul", [gate, graph.node("Sigmoid", [gate])]);
      const wide = graph.node("Mul", [silu, linear(graph, `${layer}.mlp.up_proj`, z)]);
      x = graph.node("Add", [x, linear(graph, `${layer}.mlp.down_proj`, wide)]);
    }
    const normed = rmsNorm(graph, "llama.model.norm", x);
    graph.nodeInto(["logits"], "MatMul", [normed, graph.weight("llama.lm_head.weight")]);
    graph.nodeInto(["next"], "ArgMax", ["logits"], { axis: -1, keepdims: 0 });
    graph.output("logits", "f32", [1, 1, vocabulary]);
    graph.output("next", "i64", [1, 1]);
  },
};

const whole = (graph, values) => graph.constant("i64", [values.length], values);

function linear(graph, name, x) {
  const product = graph.node("MatMul", [x, graph.weight(`${name}.weight`)]);
  if (!graph.has(`${name}.bias`)) return product;
  return graph.node("Add", [product, graph.weight(`${name}.bias`)]);
}

function mlp(graph, name, x) {
  const wide = graph.node("Gelu", [linear(graph, `${name}.fc1`, x)], { approximate: "none" });
  return linear(graph, `${name}.fc2`, wide);
}

const normAttributes = { axis: -1, epsilon: { float: 1e-6 } };

const rmsNorm = (graph, name, x) =>
  graph.node("SimplifiedLayerNormalization", [x, graph.weight(`${name}.weight`)], normAttributes);

const layerNorm = (graph, name, x) =>
  graph.node(
    "LayerNormalization",
    [x, graph.weight(`${name}.weight`), graph.weight(`${name}.bias`)],
    normAttributes,
  );

const split = (graph, x, parts) =>
  graph.node("Split", [x], { axis: -1, num_outputs: parts }, parts);

function attend(graph, [q, k, v], { batch, tokens, width, heads }) {
  const head = width / heads;
  const turned = (part, perm) => {
    const rows = graph.node("Reshape", [part, whole(graph, [batch, tokens, heads, head])]);
    return graph.node("Transpose", [rows], { perm });
  };
  const scale = graph.constant("f32", [], [head ** -0.5]);
  const scaled = graph.node("Mul", [turned(q, [0, 2, 1, 3]), scale]);
  const scores = graph.node("MatMul", [scaled, turned(k, [0, 2, 3, 1])]);
  const weights = graph.node("Softmax", [scores], { axis: -1 });
  const mixed = graph.node("MatMul", [weights, turned(v, [0, 2, 1, 3])]);
  const joined = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  return graph.node("Reshape", [joined, whole(graph, [batch, tokens, width])]);
}
