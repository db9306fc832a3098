// The plain vision transformer that is compared, as plain arrays: the same numbers for every library.
export const vit = {
  batch: 8,
  image: 224,
  patch: 16,
  width: 192,
  heads: 3,
  hidden: 768,
  depth: 12,
  classes: 1000,
};
export const side = vit.image / vit.patch;
export const tokens = side * side + 1;

/** Multiplications and additions of the matrix products of one forward pass. */
export const flops = (() => {
  const { batch, width, hidden, depth, classes, patch } = vit;
  const patches = tokens - 1;
  const block = tokens * width * (4 * width + 2 * hidden) + 2 * tokens * tokens * width;
  return 2 * batch * (patches * 3 * patch * patch * width + depth * block + width * classes);
})();

/** Shapes by the names of vit.weft; weights of linear layers are [out, in]. */
export function weightShapes() {
  const { width, hidden, depth, classes, patch } = vit;
  const shapes = {
    cls: [1, width],
    position: [tokens, width],
    "patches.weight": [width, 3, patch, patch],
    "patches.bias": [width],
  };
  for (let i = 0; i < depth; i += 1) {
    const block = `blocks.${i}`;
    for (const norm of ["norm1", "norm2"]) {
      shapes[`${block}.${norm}.weight`] = [width];
      shapes[`${block}.${norm}.bias`] = [width];
    }
    shapes[`${block}.attn.qkv.weight`] = [3 * width, width];
    shapes[`${block}.attn.qkv.bias`] = [3 * width];
    shapes[`${block}.attn.proj.weight`] = [width, width];
    shapes[`${block}.attn.proj.bias`] = [width];
    shapes[`${block}.mlp.fc1.weight`] = [hidden, width];
    shapes[`${block}.mlp.fc1.bias`] = [hidden];
    shapes[`${block}.mlp.fc2.weight`] = [width, hidden];
    shapes[`${block}.mlp.fc2.bias`] = [width];
  }
  shapes["norm.weight"] = [width];
  shapes["norm.bias"] = [width];
  shapes["head.weight"] = [classes, width];
  shapes["head.bias"] = [classes];
  return shapes;
}

/** Weights that keep activations near 1, so that a mistake in any layer shows in the logits. */
export function makeWeights() {
  const weights = {};
  let seed = 1;
  for (const [name, shape] of Object.entries(weightShapes())) {
    const isNormWeight = /norm\d?\.weight$/.test(name);
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    const scale = name.endsWith("weight") && !isNormWeight ? 1 / Math.sqrt(fanIn) : 0.1;
    const data = uniform(shape, seed, scale * Math.sqrt(3));
    if (isNormWeight) for (let i = 0; i < data.length; i += 1) data[i] += 1;
    weights[name] = { shape, data };
    seed += 1;
  }
  return weights;
}

export function makePixels() {
  const shape = [vit.batch, 3, vit.image, vit.image];
  return { shape, data: uniform(shape, 4711, 1.7) };
}

/** Mulberry32: small, and the same everywhere. */
function uniform(shape, seed, bound) {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  for (let i = 0; i < data.length; i += 1) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    data[i] = (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1) * bound;
  }
  return data;
}
