/**
 * Counter-based random numbers. The key is (stream, seed), the block is (counter, step), and the first
 * word of the result counts. So an element depends on its own place only, never on a schedule.
 * WGSL has the same u32 arithmetic, so every machine draws the same bits.
 */
export function uniformBits(stream: number, seed: number, counter: number, step: number): number {
  return threefry([stream, seed], [counter, step])[0];
}

/**
 * Random numbers of a sample in training: the key is made of seed, stream, step and the number of the
 * sample in the run, and the block is the element's place within the sample. So they do not change with
 * the batch that the sample happens to be in, nor with how that batch is cut.
 */
export function sampleBits(
  stream: number,
  seed: number,
  step: number,
  sample: number,
  element: number,
): number {
  return threefry(threefry([seed, stream], [step, sample]), [element, 0])[0];
}

/** The number of the sample where there is none: what is drawn once for the whole batch. */
export const noSample = 0xffffffff;

/** threefry2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011). */
function threefry(
  key: readonly [number, number],
  block: readonly [number, number],
): readonly [number, number] {
  const [key0, key1] = [key[0] >>> 0, key[1] >>> 0];
  const keys = [key0, key1, (threefryParity ^ key0 ^ key1) >>> 0] as const;
  let x0 = (block[0] + key0) >>> 0;
  let x1 = (block[1] + key1) >>> 0;
  for (let group = 0; group < 5; group++) {
    for (const turn of threefryRotations[group % 2 === 0 ? 0 : 1]) {
      x0 = (x0 + x1) >>> 0;
      x1 = (((x1 << turn) | (x1 >>> (32 - turn))) ^ x0) >>> 0;
    }
    x0 = (x0 + (keys[(group + 1) % 3] ?? 0)) >>> 0;
    x1 = (x1 + (keys[(group + 2) % 3] ?? 0) + group + 1) >>> 0;
  }
  return [x0, x1];
}

/** The constant that hides a key of zeros. */
export const threefryParity = 0x1bd11bda;

/** How far each round of a group of four rotates; groups alternate between the two lists. */
export const threefryRotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** The upper 24 bits as a number in [0, 1), exact in f32: what `uniform` of the kernel form means. */
export function uniformFromBits(bits: number): number {
  return (bits >>> 8) / 16777216;
}

/** The stream of the `site`-th random call of the part at `path`: FNV-1a over the text. */
export function streamOf(path: string, site: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${path}#${site}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}
