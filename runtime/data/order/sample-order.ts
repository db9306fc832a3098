import { InternalError } from "../../internal-error.ts";
import type { DrawnSample } from "../../numbers/draws.ts";
import { uniformBits } from "../../numbers/uniform.ts";

/** The place of sample `sample` of a run, counted from 0 through all epochs. */
export function placeOfSample(sample: number, size: number): DrawnSample {
  return { epoch: Math.floor(sample / size), place: sample % size };
}

/**
 * The record at a place of an epoch's order: a permutation of 0 to `size - 1` without a table. A Feistel network
 * permutes the numbers of the next even count of bits; what falls outside goes through it again.
 */
export function recordAt({ epoch, place }: DrawnSample, size: number, seed: number): number {
  if (place >= size) throw new InternalError(`place ${place} of ${size} records`);
  const half = Math.max(1, Math.ceil(Math.log2(size) / 2));
  let number = place;
  do number = permuted(number, half, seed, epoch);
  while (number >= size);
  return number;
}

/** One number of `2 * half` bits. Up to 2^32 records. */
function permuted(number: number, half: number, seed: number, epoch: number): number {
  const mask = 2 ** half - 1;
  let left = Math.floor(number / 2 ** half);
  let right = number & mask;
  for (let round = 0; round < rounds; round++) {
    const mixed = uniformBits(shuffleStream + round, seed, right, epoch) & mask;
    [left, right] = [right, left ^ mixed];
  }
  return left * 2 ** half + right;
}

/** Four are enough for a permutation that nobody tells from chance without the key; small ones need more. */
const rounds = 6;
/** Far from the streams of inputs, which are hashes of names. */
const shuffleStream = 0x53485546;
