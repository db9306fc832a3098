// What a work says of a tensor: shape and the range of its random elements. The same for every library.

/** A linear layer's matrix, [out, in] as checkpoints have it; `in-out.safetensors` has it the other way round. */
export const matrix = (out, input) => ({
  shape: [out, input],
  bound: Math.sqrt(3 / input),
  isMatrix: true,
});

/** Weights of a norm: around 1. */
export const gain = (size) => ({ shape: [size], bound: 0.2, around: 1 });

export const bias = (size) => ({ shape: [size], bound: 0.2 });

export const uniform = (shape, bound) => ({ shape, bound });

export const elementCount = (shape) => shape.reduce((product, size) => product * size, 1);

/** The elements by Mulberry32: small, and the same everywhere. */
export function randomElements({ shape, bound, around = 0 }, seed) {
  const data = new Float32Array(elementCount(shape));
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  for (let i = 0; i < data.length; i += 1) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    data[i] = (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1) * bound + around;
  }
  return data;
}
