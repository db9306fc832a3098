/**
 * The compiler's random numbers (threefry2x32, 20 rounds; the key is stream and seed, the block counter and
 * step), written out for speed. The same bits as its slow and obvious definition.
 */
export function uniform(stream: number, seed: number, counter: number, step: number): number {
  return uniformBits(stream | 0, seed | 0, counter | 0, step | 0) / 16777216;
}

/** `uniform` as a whole number below 2^24. Whole numbers go in and come out, which need no place on the heap. */
export function uniformBits(stream: number, seed: number, counter: number, step: number): number {
  const key0 = stream | 0;
  const key1 = seed | 0;
  const key2 = 0x1bd11bda ^ key0 ^ key1;
  let x = (counter + key0) | 0;
  let y = (step + key1) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 1) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key2) | 0;
  y = (y + key0 + 2) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key0) | 0;
  y = (y + key1 + 3) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 4) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  x = (x + key2) | 0;
  return x >>> 8;
}

/**
 * Random numbers of a sample in training: the key is made of seed, stream, step and the sample's number in the
 * run, the block is the place in the sample. All are whole numbers below 2^32.
 */
export function sampleUniform(
  stream: number,
  seed: number,
  step: number,
  sample: number,
  element: number,
): number {
  const [key0, key1] = threefry(seed, stream, step, sample);
  return (threefry(key0, key1, element, 0)[0] >>> 8) / 16777216;
}

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Both words, for keys. */
function threefry(
  key0: number,
  key1: number,
  first: number,
  second: number,
): readonly [number, number] {
  const keys = [key0, key1, 0x1bd11bda ^ key0 ^ key1];
  let x = (first + key0) | 0;
  let y = (second + key1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const turn of rotations[group % 2 === 0 ? 0 : 1]) {
      x = (x + y) | 0;
      y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    }
    x = (x + (keys[(group + 1) % 3] ?? 0)) | 0;
    y = (y + (keys[(group + 2) % 3] ?? 0) + group + 1) | 0;
  }
  return [x, y];
}
