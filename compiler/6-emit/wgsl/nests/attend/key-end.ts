import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Block } from "../../writer/block.ts";
import { type KernelWriter, placed } from "../../writer/kernel-writer.ts";
import { keyBound } from "../../writer/key-bound.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import type { Attend } from "./attend-tile.ts";

/**
 * Where a loop over the keys ends: behind the last key that the mask of any of these queries lets through,
 * which the dispatch finds out. A row whose keys are all masked weighs all of them equally, so the loop
 * goes on to the very last key while one of `tops`, the largest scores so far, is still the lowest number.
 * `queries` gives the position of each along the axes of batch and queries. `undefined`: the mask has no
 * end, the loop takes all keys.
 */
export function declareKeyEnd(
  writer: KernelWriter,
  engine: Attend,
  queries: readonly ReadonlyMap<number, Expr>[],
  block: Block,
): string | undefined {
  const bound = keyBound(engine);
  if (bound === undefined) return undefined;
  const texts = queries.map((positions) => writer.printer.scalar(placed(positions)(bound), block));
  const end = [...new Set(texts)].reduce((latest, text) => `max(${latest}, ${text})`);
  block.add(`let keyEnd = ${end};`);
  return "keyEnd";
}

/** Is there another key for a loop that stands at `key`? `count` is the text of the number of all keys. */
export function hasNextKey(
  key: string,
  count: string,
  end: string | undefined,
  tops: readonly string[],
): string {
  if (end === undefined) return `${key} < ${count}`;
  const least = tops.reduce((lowest, top) => `min(${lowest}, ${top})`);
  return `${key} < ${end} || (${key} < ${count} && ${least} == ${literal(-largestFloat, "f32")})`;
}
