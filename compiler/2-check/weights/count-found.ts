import type { WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import { keysOf, mapKey } from "./map-keys.ts";

/** How many of the model's stored tensors the file has under this block; what is initialised does not count. */
export function countFound(
  block: WeightsSyntax | undefined,
  paths: readonly string[],
  tensors: Readonly<Record<string, unknown>>,
): number {
  return paths.filter((path) => {
    const { source } = mapKey(block, path);
    return source !== undefined && keysOf(source).every((key) => Object.hasOwn(tensors, key));
  }).length;
}
