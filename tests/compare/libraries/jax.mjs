// jax-js on WebGPU, jitted. Values are reference counted: `.ref` keeps one for another use.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assertBindable } from "../cannot-do.mjs";
import { generate, rotations } from "../generate.mjs";
import { installGpu } from "../peer-packages/dawn-for-peers.mjs";
import { requirePeer } from "../peer-packages/require-peer.mjs";
import { inOut, readTensors } from "../tensor-files.mjs";
import { trainer } from "../works/train.mjs";

const gpu = installGpu();
const jax = await import(pathToFileURL(requirePeer.resolve("@jax-js/jax")).href);
const { numpy: np, nn, lax, jit, valueAndGrad, blockUntilReady } = jax;

export async function prepare(work, folder, inputs) {
  const adapter = await gpu.requestAdapter();
  assertBindable(work, adapter.limits.maxStorageBufferBindingSize);
  await jax.init("webgpu");
  jax.defaultDevice("webgpu");
  const toArray = (_, { shape, data }) => np.array(data, { shape });
  const isTable = (name) => name.endsWith("embed_tokens.weight");
  const path = join(folder, inOut);
  const weights = readTensors(path, (name, tensor) =>
    isTable(name) ? tensor.data : toArray(name, tensor),
  );
  const given = () => readTensors(inputs, toArray);
  return { adapter: adapter.info.description, ...preparedFor(work, weights, given) };
}

function preparedFor(work, weights, given) {
  if (work.name === "decode") return decoder(work.sizes, weights);
  if (work.name === "train") return training(work, weights, given());
  return forwardPass(programs[work.name](work.sizes), weights, given());
}

function forwardPass(program, weights, inputs) {
  const compiled = jit(program);
  const [input] = Object.values(inputs);
  let last;
  return {
    async run() {
      last?.dispose();
      last = compiled(references(weights), input.ref);
      await last.blockUntilReady();
    },
    result: () => last.ref.data(),
  };
}

const references = (arrays) =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]));

const programs = {
  gemm: () => (weights, x) => np.matmul(x, weights.weight),
  block: (sizes) => (weights, x) => {
    const { tokens, width, heads } = sizes;
    const head = width / heads;
    const split = (part) => part.reshape([tokens, heads, head]).transpose([1, 0, 2]);
    const own = prefixed(weights, "block");
    const rows = x.reshape([tokens, width]);
    const qkv = linear(own, "attn.qkv", rmsNorm(own, "norm1", rows.ref));
    const [q, k, v] = np.split(qkv, 3, -1);
    const mixed = attend(
      split(rmsNorm(own, "attn.q_norm", q)),
      split(rmsNorm(own, "attn.k_norm", k)),
      split(v),
    );
    const joined = mixed.transpose([1, 0, 2]).reshape([tokens, width]);
    const middle = rows.add(linear(own, "attn.proj", joined).mul(own.ls1.ref));
    const wide = gelu(linear(own, "mlp.fc1", rmsNorm(own, "norm2", middle.ref)));
    return middle.add(linear(own, "mlp.fc2", wide).mul(own.ls2.ref));
  },
  vit: (sizes) => (weights, pixels) => {
    const { batch, side, patch, width, depth, tokens, heads } = sizes;
    const head = width / heads;
    const tiles = pixels
      .reshape([batch, 3, side, patch, side, patch])
      .transpose([0, 2, 4, 1, 3, 5])
      .reshape([batch, side * side, 3 * patch * patch]);
    const kernel = weights["patches.weight"].ref.reshape([width, 3 * patch * patch]);
    const patches = np.matmul(tiles, kernel.transpose([1, 0])).add(weights["patches.bias"].ref);
    const cls = np.broadcastTo(weights.cls.ref, [batch, 1, width]);
    let x = np.concatenate([cls, patches], 1).add(weights.position.ref);
    for (let i = 0; i < depth; i += 1) {
      const own = prefixed(weights, `blocks.${i}`);
      const qkv = linear(own, "attn.qkv", layerNorm(own, "norm1", x.ref))
        .reshape([batch, tokens, 3, heads, head])
        .transpose([2, 0, 3, 1, 4]);
      const [q, k, v] = np
        .split(qkv, 3, 0)
        .map((part) => part.reshape([batch, heads, tokens, head]));
      const mixed = attend(q, k, v).transpose([0, 2, 1, 3]).reshape([batch, tokens, width]);
      x = x.add(linear(own, "attn.proj", mixed));
      const wide = gelu(linear(own, "mlp.fc1", layerNorm(own, "norm2", x.ref)));
      x = x.add(linear(own, "mlp.fc2", wide));
    }
    const [first, rest] = np.split(x, [1], 1);
    rest.dispose?.();
    return linear(weights, "head", layerNorm(weights, "norm", first.reshape([batch, width])));
  },
};

/** The weights of one part by their names in it. */
function prefixed(weights, prefix) {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(`${prefix}.`));
  return Object.fromEntries(own.map(([name, array]) => [name.slice(prefix.length + 1), array]));
}

function linear(weights, name, x) {
  const product = np.matmul(x, weights[`${name}.weight`].ref);
  const bias = weights[`${name}.bias`];
  return bias === undefined ? product : product.add(bias.ref);
}

function rmsNorm(weights, name, x) {
  const square = np.square(x.ref).mean(-1, { keepdims: true });
  return x.mul(np.reciprocal(np.sqrt(square.add(1e-6)))).mul(weights[`${name}.weight`].ref);
}

function layerNorm(weights, name, x) {
  const centered = x.ref.sub(x.mean(-1, { keepdims: true }));
  const variance = np.square(centered.ref).mean(-1, { keepdims: true });
  const scale = np.reciprocal(np.sqrt(variance.add(1e-6)));
  return centered.mul(scale).mul(weights[`${name}.weight`].ref).add(weights[`${name}.bias`].ref);
}

const gelu = (x) => x.ref.mul(0.5).mul(lax.erfc(x.mul(-Math.SQRT1_2)));

/** Over the last two axes: positions and the elements of a head. */
function attend(q, k, v, mask) {
  const axes = k.shape.map((_, axis) => axis);
  const turned = k.transpose([...axes.slice(0, -2), axes.at(-1), axes.at(-2)]);
  const scores = np.matmul(q.mul(q.shape.at(-1) ** -0.5), turned);
  return np.matmul(nn.softmax(mask === undefined ? scores : scores.add(mask), -1), v);
}

/** A cache of fixed size, written through a mask, so that one compiled step serves every position. */
function decoder(sizes, { "llama.model.embed_tokens.weight": table, ...weights }) {
  const { depth, width, heads, slots } = sizes;
  const head = width / heads;
  const step = jit((weights, x, cos, sin, here, mask, keys, values) => {
    const turn = (part) => {
      const [left, right] = np.split(part, 2, -1);
      const first = left.ref.mul(cos.ref).sub(right.ref.mul(sin.ref));
      return np.concatenate([first, right.mul(cos.ref).add(left.mul(sin.ref))], -1);
    };
    const put = (cache, row) => cache.mul(np.subtract(1, here.ref)).add(row.mul(here.ref));
    const [newKeys, newValues] = [[], []];
    for (let i = 0; i < depth; i += 1) {
      const own = prefixed(weights, `llama.model.layers.${i}`);
      const y = rmsNorm(own, "input_layernorm", x.ref);
      const project = (name) => linear(own, `self_attn.${name}`, y.ref).reshape([heads, 1, head]);
      const q = turn(project("q_proj"));
      const key = put(keys[i], turn(project("k_proj")));
      const value = put(values[i], project("v_proj"));
      y.dispose();
      newKeys.push(key.ref);
      newValues.push(value.ref);
      const mixed = attend(q, key, value, mask.ref).reshape([1, width]);
      x = x.add(linear(own, "self_attn.o_proj", mixed));
      const z = rmsNorm(own, "post_attention_layernorm", x.ref);
      const gate = nn.silu(linear(own, "mlp.gate_proj", z.ref));
      x = x.add(linear(own, "mlp.down_proj", gate.mul(linear(own, "mlp.up_proj", z))));
    }
    const logits = linear(weights, "llama.lm_head", rmsNorm(weights, "llama.model.norm", x));
    return [np.argmax(logits.ref, -1), logits, newKeys, newValues];
  });
  const empty = () => Array.from({ length: depth }, () => np.zeros([heads, slots, head]));
  let [keys, values, logits] = [[], [], undefined];
  return generate(sizes, {
    begin() {
      for (const array of [...keys, ...values]) array.dispose();
      [keys, values] = [empty(), empty()];
    },
    async step(token, position) {
      const { cos, sin } = rotations(sizes, position);
      const here = Float32Array.from({ length: slots }, (_, slot) => (slot === position ? 1 : 0));
      const mask = Float32Array.from({ length: slots }, (_, slot) => (slot > position ? -1e30 : 0));
      logits?.dispose();
      const row = table.slice(token * width, (token + 1) * width);
      let next;
      [next, logits, keys, values] = step(
        references(weights),
        np.array(row, { shape: [1, width] }),
        np.array(cos),
        np.array(sin),
        np.array(here, { shape: [slots, 1] }),
        np.array(mask, { shape: [1, slots] }),
        keys,
        values,
      );
      return (await next.data())[0];
    },
    logits: () => logits.ref.data(),
  });
}

/** AdamW is written out: the library of optimizers that belongs to this one is not on the registry. */
function training(work, initial, { pixels }) {
  const { sizes, labels, optimizer } = work;
  const { lr, decay, beta1, beta2, eps } = optimizer;
  const logits = programs.vit(sizes);
  const lossOf = (weights, images, targets) =>
    nn
      .logSoftmax(logits(weights, images), -1)
      .mul(targets)
      .sum()
      .mul(-1 / sizes.batch);
  const names = Object.keys(initial);
  const reached = (beta, count) => np.subtract(1, np.exp(count.mul(Math.log(beta))));
  const update = jit((weights, means, squares, count, images, targets) => {
    const [loss, slopes] = valueAndGrad(lossOf)(references(weights), images, targets);
    const first = np.reciprocal(reached(beta1, count.ref));
    const second = np.reciprocal(reached(beta2, count));
    const [newWeights, newMeans, newSquares] = [{}, {}, {}];
    for (const name of names) {
      const slope = slopes[name];
      const mean = means[name].mul(beta1).add(slope.ref.mul(1 - beta1));
      const square = squares[name].mul(beta2).add(np.square(slope).mul(1 - beta2));
      const spread = np.sqrt(square.ref.mul(second.ref)).add(eps);
      const way = mean.ref.mul(first.ref).mul(lr).div(spread);
      newWeights[name] = weights[name].mul(1 - lr * decay).sub(way);
      newMeans[name] = mean;
      newSquares[name] = square;
    }
    first.dispose();
    second.dispose();
    return [loss, newWeights, newMeans, newSquares];
  });
  const hot = new Float32Array(sizes.batch * sizes.classes);
  for (const [n, label] of labels.entries()) hot[n * sizes.classes + label] = 1;
  const targets = np.array(hot, { shape: [sizes.batch, sizes.classes] });
  const zeros = () =>
    Object.fromEntries(names.map((name) => [name, np.zeros(initial[name].shape)]));
  let [weights, means, squares] = [initial, zeros(), zeros()];
  let count = 0;
  return trainer(work, async () => {
    count += 1;
    const now = np.array(Float32Array.of(count)).reshape([]);
    let loss;
    [loss, weights, means, squares] = update(weights, means, squares, now, pixels.ref, targets.ref);
    const [value] = await loss.data();
    await blockUntilReady(weights);
    return value;
  });
}
