// The forward pass in jax-js, jitted. Values are reference counted: `.ref` keeps one for another use.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installGpu } from "./dawn-for-peers.mjs";
import { measure } from "./measure.mjs";
import { makePixels, makeWeights, side, tokens, vit } from "./vit-weights.mjs";

const gpu = installGpu();
const adapter = (await gpu.requestAdapter()).info.description;
const require = createRequire(join(process.env.WEFT_PEERS, "package.json"));
const jax = await import(pathToFileURL(require.resolve("@jax-js/jax")).href);
const { numpy: np, nn, lax, jit } = jax;
await jax.init("webgpu");
jax.defaultDevice("webgpu");

const { batch, width, heads, patch, depth } = vit;
const head = width / heads;

/** Matrices lie as [in, out], which is the faster order for this library too. */
function toArrays(weights) {
  const arrays = {};
  for (const [name, { shape, data }] of Object.entries(weights)) {
    const isMatrix = name.endsWith(".weight") && shape.length > 1;
    const flat = isMatrix ? [shape[0], data.length / shape[0]] : shape;
    const array = np.array(data, { shape: flat });
    arrays[name] = isMatrix ? array.transpose([1, 0]) : array;
  }
  return arrays;
}

const linear = (weights, name, x) =>
  np.matmul(x, weights[`${name}.weight`].ref).add(weights[`${name}.bias`].ref);

function layerNorm(weights, name, x) {
  const centered = x.ref.sub(x.mean(-1, { keepdims: true }));
  const variance = np.square(centered.ref).mean(-1, { keepdims: true });
  const scale = np.reciprocal(np.sqrt(variance.add(1e-6)));
  return centered.mul(scale).mul(weights[`${name}.weight`].ref).add(weights[`${name}.bias`].ref);
}

const gelu = (x) => x.ref.mul(0.5).mul(lax.erfc(x.mul(-Math.SQRT1_2)));

function attend(weights, name, x) {
  const qkv = linear(weights, `${name}.qkv`, x).reshape([batch, tokens, 3, heads, head]);
  const parts = np.split(qkv.transpose([2, 0, 3, 1, 4]), 3, 0);
  const [q, k, v] = parts.map((part) => part.reshape([batch, heads, tokens, head]));
  const scores = nn.softmax(np.matmul(q.mul(head ** -0.5), k.transpose([0, 1, 3, 2])), -1);
  const mixed = np.matmul(scores, v).transpose([0, 2, 1, 3]).reshape([batch, tokens, width]);
  return linear(weights, `${name}.proj`, mixed);
}

const forward = jit((weights, pixels) => {
  const tiles = pixels
    .reshape([batch, 3, side, patch, side, patch])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([batch, side * side, 3 * patch * patch]);
  const cls = np.broadcastTo(weights.cls.ref, [batch, 1, width]);
  let x = np.concatenate([cls, linear(weights, "patches", tiles)], 1).add(weights.position.ref);
  for (let i = 0; i < depth; i += 1) {
    const block = `blocks.${i}`;
    x = x.ref.add(attend(weights, `${block}.attn`, layerNorm(weights, `${block}.norm1`, x)));
    const wide = gelu(
      linear(weights, `${block}.mlp.fc1`, layerNorm(weights, `${block}.norm2`, x.ref)),
    );
    x = x.add(linear(weights, `${block}.mlp.fc2`, wide));
  }
  const [first, rest] = np.split(x, [1], 1);
  rest.dispose?.();
  return linear(weights, "head", layerNorm(weights, "norm", first.reshape([batch, width])));
});

const arrays = toArrays(makeWeights());
const { shape, data } = makePixels();
const pixels = np.array(data, { shape });
const references = () =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]));
let last;
await measure({
  adapter,
  async forward() {
    last?.dispose();
    last = forward(references(), pixels.ref);
    await last.blockUntilReady();
  },
  logits: () => last.ref.data(),
});
