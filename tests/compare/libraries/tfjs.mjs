// TensorFlow.js with its WebGPU backend.
import { join } from "node:path";
import { assertBindable } from "../cannot-do.mjs";
import { generate, rotations } from "../generate.mjs";
import { installGpu } from "../peer-packages/dawn-for-peers.mjs";
import { requirePeer } from "../peer-packages/require-peer.mjs";
import { inOut, readTensors } from "../tensor-files.mjs";
import { trainer } from "../works/train.mjs";

const gpu = installGpu();
// The backend asks for these types by name and never makes one here.
for (const name of [
  "HTMLVideoElement",
  "HTMLImageElement",
  "HTMLCanvasElement",
  "ImageBitmap",
  "OffscreenCanvas",
]) {
  globalThis[name] ??= class {};
}
globalThis.self ??= globalThis;
globalThis.window ??= globalThis;
const tf = requirePeer("@tensorflow/tfjs");
requirePeer("@tensorflow/tfjs-backend-webgpu");

export async function prepare(work, folder, inputs) {
  const adapter = await gpu.requestAdapter();
  assertBindable(work, adapter.limits.maxStorageBufferBindingSize);
  await tf.setBackend("webgpu");
  await tf.ready();
  const toTensor = (_, { shape, data }) => tf.tensor(data, shape);
  const isTable = (name) => name.endsWith("embed_tokens.weight");
  const path = join(folder, inOut);
  const weights = readTensors(path, (name, tensor) =>
    isTable(name) ? tensor.data : toTensor(name, tensor),
  );
  const given = () => readTensors(inputs, toTensor);
  return { adapter: adapter.info.description, ...preparedFor(work, weights, given) };
}

function preparedFor(work, weights, given) {
  if (work.name === "decode") return decoder(work.sizes, weights);
  if (work.name === "train") return training(work, weights, given());
  return forwardPass(programs[work.name](work.sizes), weights, given());
}

function forwardPass(program, weights, inputs) {
  const [input] = Object.values(inputs);
  let last;
  return {
    async run() {
      last?.dispose();
      last = tf.tidy(() => program(weights, input));
      await finish();
    },
    result: () => last.data(),
  };
}

/** Submits what the backend holds back, and waits for the device. */
async function finish() {
  const backend = tf.backend();
  if (backend.commandEncoder) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.device.queue.onSubmittedWorkDone();
}

/** Its Adam has no weight decay of that kind: the decay is taken before. */
function training(work, initial, { pixels }) {
  const { sizes, labels, optimizer } = work;
  const { lr, decay, beta1, beta2, eps } = optimizer;
  const logits = programs.vit(sizes);
  const weights = Object.fromEntries(
    Object.entries(initial).map(([name, tensor]) => [name, tf.variable(tensor, true, name)]),
  );
  const variables = Object.values(weights);
  const adam = tf.train.adam(lr, beta1, beta2, eps);
  const targets = tf.oneHot(tf.tensor1d(labels, "int32"), sizes.classes).toFloat();
  const lossOf = () =>
    tf
      .logSoftmax(logits(weights, pixels))
      .mul(targets)
      .sum()
      .mul(-1 / sizes.batch);
  return trainer(work, async () => {
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(lossOf, variables);
      for (const one of variables) one.assign(one.mul(1 - lr * decay));
      adam.applyGradients(grads);
      return value;
    });
    const [value] = await loss.data();
    loss.dispose();
    await finish();
    return value;
  });
}

const programs = {
  gemm: () => (weights, x) => tf.matMul(x, weights.weight),
  block: (sizes) => (weights, x) => {
    const { tokens, width, heads } = sizes;
    const own = prefixed(weights, "block");
    const split = (part) => part.reshape([tokens, heads, width / heads]).transpose([1, 0, 2]);
    const rows = x.reshape([tokens, width]);
    const [q, k, v] = tf.split(linear(own, "attn.qkv", rmsNorm(own, "norm1", rows)), 3, -1);
    const mixed = attend(
      split(rmsNorm(own, "attn.q_norm", q)),
      split(rmsNorm(own, "attn.k_norm", k)),
      split(v),
    );
    const joined = mixed.transpose([1, 0, 2]).reshape([tokens, width]);
    const middle = rows.add(linear(own, "attn.proj", joined).mul(own.ls1));
    const wide = gelu(linear(own, "mlp.fc1", rmsNorm(own, "norm2", middle)));
    return middle.add(linear(own, "mlp.fc2", wide).mul(own.ls2));
  },
  vit: (sizes) => (weights, pixels) => {
    const { batch, side, patch, width, depth, tokens, heads } = sizes;
    const tiles = pixels
      .reshape([batch, 3, side, patch, side, patch])
      .transpose([0, 2, 4, 1, 3, 5])
      .reshape([batch * side * side, 3 * patch * patch]);
    const kernel = weights["patches.weight"].reshape([width, 3 * patch * patch]).transpose();
    const patches = tf.matMul(tiles, kernel).add(weights["patches.bias"]);
    const cls = tf.tile(weights.cls.expandDims(0), [batch, 1, 1]);
    const all = tf.concat([cls, patches.reshape([batch, side * side, width])], 1);
    let x = all.add(weights.position);
    for (let i = 0; i < depth; i += 1) {
      const own = prefixed(weights, `blocks.${i}`);
      const [q, k, v] = tf
        .split(linear(own, "attn.qkv", layerNorm(own, "norm1", x)), 3, -1)
        .map((part) => part.reshape([batch, tokens, heads, width / heads]).transpose([0, 2, 1, 3]));
      const mixed = attend(q, k, v).transpose([0, 2, 1, 3]).reshape([batch, tokens, width]);
      x = x.add(linear(own, "attn.proj", mixed));
      const wide = gelu(linear(own, "mlp.fc1", layerNorm(own, "norm2", x)));
      x = x.add(linear(own, "mlp.fc2", wide));
    }
    const first = x.slice([0, 0, 0], [batch, 1, width]).reshape([batch, width]);
    return linear(weights, "head", layerNorm(weights, "norm", first));
  },
};

/** The weights of one part by their names in it. */
function prefixed(weights, prefix) {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(`${prefix}.`));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]));
}

function linear(weights, name, x) {
  const weight = weights[`${name}.weight`];
  const bias = weights[`${name}.bias`];
  const product = tf.matMul(x.reshape([-1, x.shape.at(-1)]), weight);
  const flat = bias === undefined ? product : product.add(bias);
  return flat.reshape([...x.shape.slice(0, -1), weight.shape[1]]);
}

const rmsNorm = (weights, name, x) =>
  x.mul(tf.rsqrt(x.square().mean(-1, true).add(1e-6))).mul(weights[`${name}.weight`]);

function layerNorm(weights, name, x) {
  const centered = x.sub(x.mean(-1, true));
  const scale = tf.rsqrt(centered.square().mean(-1, true).add(1e-6));
  return centered.mul(scale).mul(weights[`${name}.weight`]).add(weights[`${name}.bias`]);
}

const gelu = (x) => x.mul(0.5).mul(tf.erf(x.mul(Math.SQRT1_2)).add(1));

/** Over the last two axes: positions and the elements of a head. */
const attend = (q, k, v) =>
  tf.matMul(tf.softmax(tf.matMul(q.mul(q.shape.at(-1) ** -0.5), k, false, true)), v);

/** The cache grows by concatenation: this library cannot write into a tensor. */
function decoder(sizes, { "llama.model.embed_tokens.weight": table, ...weights }) {
  const { depth, width, heads } = sizes;
  const step = (token, position, keys, values) => {
    const { cos, sin } = rotations(sizes, position);
    const turn = (part) => {
      const [left, right] = tf.split(part, 2, -1);
      const first = left.mul(cos).sub(right.mul(sin));
      return tf.concat([first, right.mul(cos).add(left.mul(sin))], -1);
    };
    const extend = (cache, row) => (cache === undefined ? row : tf.concat([cache, row], 1));
    let x = tf.tensor(table.slice(token * width, (token + 1) * width), [1, width]);
    const [newKeys, newValues] = [[], []];
    for (let i = 0; i < depth; i += 1) {
      const own = prefixed(weights, `llama.model.layers.${i}`);
      const y = rmsNorm(own, "input_layernorm", x);
      const project = (name) =>
        linear(own, `self_attn.${name}`, y).reshape([heads, 1, width / heads]);
      newKeys.push(extend(keys[i], turn(project("k_proj"))));
      newValues.push(extend(values[i], project("v_proj")));
      const mixed = attend(turn(project("q_proj")), newKeys[i], newValues[i]).reshape([1, width]);
      x = x.add(linear(own, "self_attn.o_proj", mixed));
      const z = rmsNorm(own, "post_attention_layernorm", x);
      const gate = linear(own, "mlp.gate_proj", z);
      const wide = gate.mul(tf.sigmoid(gate)).mul(linear(own, "mlp.up_proj", z));
      x = x.add(linear(own, "mlp.down_proj", wide));
    }
    const logits = linear(weights, "llama.lm_head", rmsNorm(weights, "llama.model.norm", x));
    return { next: tf.argMax(logits, -1), logits, keys: newKeys, values: newValues };
  };
  let state = { keys: [], values: [] };
  const forget = () => tf.dispose(state);
  return generate(sizes, {
    begin() {
      forget();
      state = { keys: [], values: [] };
    },
    async step(token, position) {
      const after = tf.tidy(() => step(token, position, state.keys, state.values));
      forget();
      state = after;
      return (await after.next.data())[0];
    },
    logits: () => state.logits.data(),
  });
}
