import type { Block } from "../../writer/block.ts";
import type { KernelWriter } from "../../writer/kernel-writer.ts";

interface Limits {
  /** Terms of a sum that are added one after the other. */
  readonly longest: number;
  /** Terms of a stretch of a longer one. */
  readonly stretch: number;
}

const numbers: Limits = { longest: 2 ** 15, stretch: 512 };

interface LongSums {
  /** The numbers of the loop, and the terms that each stands for. */
  readonly count: number;
  readonly terms: number;
  /** By which the loop advances, and which divides `count`. */
  readonly advance: number;
  /** The accumulators, vectors of four. */
  readonly sums: readonly string[];
}

/**
 * The loop of a contraction. A long sum is a sum of sums: a term that is added to what tens of thousands before it
 * have made is rounded to the last bit of that, and such errors grow with the root of their number. The gradient
 * of the row of a word is such a sum, over all words; of 50,000 terms it is ten times as exact in stretches.
 */
export function inStretches(
  writer: KernelWriter,
  { count, terms, advance, sums }: LongSums,
  block: Block,
  loop: (first: string, end: string, block: Block) => void,
): void {
  if (count * terms <= numbers.longest) {
    loop("0", writer.bound(count), block);
    return;
  }
  const length = advance * Math.max(1, Math.floor(numbers.stretch / terms / advance));
  const header = `for (var stretch = 0; stretch < ${Math.ceil(count / length)}; stretch++)`;
  block.nest(header, (inside) => {
    for (const sum of sums) inside.add(`let ${sum}Before = ${sum};`, `${sum} = vec4f();`);
    const end = `stretch * ${length} + ${length}`;
    loop(`stretch * ${length}`, count % length === 0 ? end : `min(${end}, ${count})`, inside);
    for (const sum of sums) inside.add(`${sum} += ${sum}Before;`);
  });
}
