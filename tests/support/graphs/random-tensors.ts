import type { Value } from "../../../compiler/ir/graph/graph.ts";
import type { Extent } from "../../../compiler/ops/define-op.ts";

/** Numbers for a tensor of this type, the same for the same seed. */
export function numbersFor(
  value: Value,
  extent: Extent,
  seed: number,
  range: readonly [number, number] = [-1, 1],
): Float64Array {
  const next = generator(seed);
  const count = value.type.axes.reduce((product, axis) => product * extent(axis), 1);
  const [low, high] = range;
  return Float64Array.from({ length: count }, () => {
    const x = next();
    switch (value.type.element) {
      case "bool":
        return x < 0.5 ? 0 : 1;
      case "i32":
      case "u32":
        return Math.floor(low + x * (high - low + 1));
      default:
        return low + x * (high - low);
    }
  });
}

/** mulberry32: small, and good enough for test data. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
