/** A range of values, drawn from instead of listed. */
export interface Range {
  readonly from: number;
  readonly to: number;
  /** Equal chances for equal ratios. */
  readonly isLog: boolean;
  /** Whole numbers, both ends included. */
  readonly isWhole: boolean;
}

export interface Sampling {
  readonly count: number;
  readonly method: "random" | "latin_hypercube";
  readonly seed: number;
}

/**
 * Draws `count` points of some ranges: each by itself, or as a Latin hypercube (McKay, Beckman and Conover 1979), where
 * each of `count` equal shares of every range has one point. Numbers depend on the seed, the place of the range and that of
 * the point alone, so that the same text gives the same cells everywhere.
 */
export function drawPoints(ranges: readonly Range[], sampling: Sampling): readonly number[][] {
  const { count, method, seed } = sampling;
  const columns = ranges.map((range, n) => {
    const shares = method === "latin_hypercube" ? shuffled(count, seed, n) : undefined;
    return Array.from({ length: count }, (_, at) => {
      const u = uniform(seed, 2 * n, at);
      return valueAt(range, shares === undefined ? u : ((shares[at] ?? 0) + u) / count);
    });
  });
  return Array.from({ length: count }, (_, at) => columns.map((column) => column[at] ?? 0));
}

/** The value at a share of the range, from 0 to below 1; of real numbers with six digits, which is as people write them. */
function valueAt({ from, to, isLog, isWhole }: Range, share: number): number {
  const [low, high] = isWhole ? [Math.ceil(from), Math.floor(to) + 1] : [from, to];
  const value = isLog
    ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low)))
    : low + share * (high - low);
  if (isWhole) return Math.min(Math.floor(value), high - 1);
  return Math.min(Math.max(Number(value.toPrecision(6)), from), to);
}

function shuffled(count: number, seed: number, range: number): readonly number[] {
  const order = Array.from({ length: count }, (_, n) => n);
  for (let n = count - 1; n > 0; n--) {
    const other = Math.floor(uniform(seed, 2 * range + 1, n) * (n + 1));
    [order[n], order[other]] = [order[other] ?? 0, order[n] ?? 0];
  }
  return order;
}

/** A number from 0 to below 1 of 32 bits, by seed, stream and place. */
function uniform(seed: number, stream: number, place: number): number {
  let bits = mix(seed ^ 0x9e3779b9);
  bits = mix(bits ^ (stream + 0x85ebca6b));
  bits = mix(bits ^ (place + 0xc2b2ae35));
  return bits / 2 ** 32;
}

/** Every bit of the result depends on every bit of what is given (the finaliser of MurmurHash3). */
function mix(given: number): number {
  let bits = given >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
