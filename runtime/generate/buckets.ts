/** The shortest prompt that a program is made for: shorter ones are padded to it. */
const shortest = 16;

/**
 * The lengths of prompt that programs are made for: powers of two up to `limit`, and `limit` itself. A
 * prompt is padded to the next of them, so that a few programs serve every length.
 */
export function promptBuckets(limit: number): readonly number[] {
  const buckets: number[] = [];
  for (let length = shortest; length < limit; length *= 2) buckets.push(length);
  return [...buckets, limit];
}

/** The smallest that holds `tokens`; undefined where the prompt is too long for all. */
export function bucketFor(tokens: number, buckets: readonly number[]): number | undefined {
  return buckets.find((length) => length >= tokens);
}
