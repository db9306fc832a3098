import { uniformBits } from "../../../../runtime/numbers/uniform.ts";

/** Up to so many differences all signs are tried. */
const mostTried = 16;
/** Beyond, so many signs are drawn. */
const draws = 20_000;

/**
 * The two-sided p of the mean of paired differences, by flipping their signs: how often signs that mean nothing give a
 * mean that is as far from 0. All 2^n up to 16 differences; beyond, 20,000 draws with (1 + hits) / (1 + draws), which is never 0
 * (Phipson and Smyth 2010). Differences of 0 count: their signs change nothing.
 */
export function signFlipTest(differences: readonly number[]): number {
  const n = differences.length;
  if (n === 0) return 1;
  // Sums in another order differ in their last bits, and ties must count as ties.
  const size = differences.reduce((sum, one) => sum + Math.abs(one), 0);
  const own = Math.abs(differences.reduce((sum, one) => sum + one, 0)) - 1e-12 * size;
  return n <= mostTried ? tryAll(differences, own) : drawSome(differences, own);
}

/** Half of them: the others are the same with all signs flipped. */
function tryAll(differences: readonly number[], own: number): number {
  const patterns = 2 ** (differences.length - 1);
  let hits = 0;
  for (let pattern = 0; pattern < patterns; pattern += 1) {
    let sum = 0;
    for (let i = 0; i < differences.length; i += 1)
      sum += (pattern >>> i) & 1 ? -(differences[i] ?? 0) : (differences[i] ?? 0);
    if (Math.abs(sum) >= own) hits += 1;
  }
  return hits / patterns;
}

/** A random number has 24 bits, which are 24 signs. */
function drawSome(differences: readonly number[], own: number): number {
  let hits = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < differences.length; i += 1) {
      if (i % 24 === 0) bits = uniformBits(0, 0, i / 24, draw);
      sum += (bits >>> (i % 24)) & 1 ? -(differences[i] ?? 0) : (differences[i] ?? 0);
    }
    if (Math.abs(sum) >= own) hits += 1;
  }
  return (1 + hits) / (1 + draws);
}

/** The least p that so many differences can ever give. */
export function leastSignFlipP(n: number): number {
  if (n === 0) return 1;
  return n <= mostTried ? 2 ** (1 - n) : 1 / (1 + draws);
}

/** From so many differences on, more of them give no smaller p. */
export const seedsThatSayMost = mostTried;
