// The forward pass in TensorFlow.js with its WebGPU backend.
import { createRequire } from "node:module";
import { join } from "node:path";
import { installGpu } from "./dawn-for-peers.mjs";
import { measure } from "./measure.mjs";
import { makePixels, makeWeights, side, tokens, vit } from "./vit-weights.mjs";

const gpu = installGpu();
const adapter = (await gpu.requestAdapter()).info.description;
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
const require = createRequire(join(process.env.WEFT_PEERS, "package.json"));
const tf = require("@tensorflow/tfjs");
require("@tensorflow/tfjs-backend-webgpu");
await tf.setBackend("webgpu");
await tf.ready();

const { batch, width, heads, patch, depth } = vit;
const head = width / heads;

/** Matrices lie as [in, out], which is the faster order for this library too. */
function toTensors(weights) {
  const tensors = {};
  for (const [name, { shape, data }] of Object.entries(weights)) {
    const isMatrix = name.endsWith(".weight") && shape.length > 1;
    const tensor = tf.tensor(data, isMatrix ? [shape[0], data.length / shape[0]] : shape);
    tensors[name] = isMatrix ? tensor.transpose() : tensor;
  }
  return tensors;
}

function linear(weights, name, x) {
  const weight = weights[`${name}.weight`];
  const flat = tf.matMul(x.reshape([-1, x.shape.at(-1)]), weight).add(weights[`${name}.bias`]);
  return flat.reshape([...x.shape.slice(0, -1), weight.shape[1]]);
}

function layerNorm(weights, name, x) {
  const centered = x.sub(x.mean(-1, true));
  const scale = tf.rsqrt(centered.square().mean(-1, true).add(1e-6));
  return centered.mul(scale).mul(weights[`${name}.weight`]).add(weights[`${name}.bias`]);
}

const gelu = (x) => x.mul(0.5).mul(tf.erf(x.mul(Math.SQRT1_2)).add(1));

function attend(weights, name, x) {
  const [q, k, v] = tf
    .split(linear(weights, `${name}.qkv`, x), 3, -1)
    .map((part) => part.reshape([batch, tokens, heads, head]).transpose([0, 2, 1, 3]));
  const scores = tf.softmax(tf.matMul(q.mul(head ** -0.5), k, false, true));
  const mixed = tf.matMul(scores, v).transpose([0, 2, 1, 3]).reshape([batch, tokens, width]);
  return linear(weights, `${name}.proj`, mixed);
}

function forward(weights, pixels) {
  const tiles = pixels
    .reshape([batch, 3, side, patch, side, patch])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([batch, side * side, 3 * patch * patch]);
  const cls = tf.tile(weights.cls.expandDims(0), [batch, 1, 1]);
  let x = tf.concat([cls, linear(weights, "patches", tiles)], 1).add(weights.position);
  for (let i = 0; i < depth; i += 1) {
    const block = `blocks.${i}`;
    x = x.add(attend(weights, `${block}.attn`, layerNorm(weights, `${block}.norm1`, x)));
    const wide = gelu(linear(weights, `${block}.mlp.fc1`, layerNorm(weights, `${block}.norm2`, x)));
    x = x.add(linear(weights, `${block}.mlp.fc2`, wide));
  }
  const first = x.slice([0, 0, 0], [batch, 1, width]).reshape([batch, width]);
  return linear(weights, "head", layerNorm(weights, "norm", first));
}

const tensors = toTensors(makeWeights());
const { shape, data } = makePixels();
const pixels = tf.tensor(data, shape);
let last;
await measure({
  adapter,
  async forward() {
    last?.dispose();
    last = tf.tidy(() => forward(tensors, pixels));
    const backend = tf.backend();
    if (backend.commandEncoder) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    await backend.device.queue.onSubmittedWorkDone();
  },
  logits: () => last.data(),
});
