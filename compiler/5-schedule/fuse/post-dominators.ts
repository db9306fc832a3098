import type { Value } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";

/**
 * For each value the first one through which everything that depends on it must pass; `undefined` where
 * there is none, as for outputs. What lies between the two may be fused without being needed elsewhere.
 */
export function postDominators(facts: GraphFacts): ReadonlyMap<Value, Value | undefined> {
  const next = new Map<Value, Value | undefined>();
  const depth = new Map<Value | undefined, number>([[undefined, 0]]);
  const meet = (a: Value | undefined, b: Value | undefined): Value | undefined => {
    let [left, right] = [a, b];
    while (left !== right) {
      const isLeftDeeper = (depth.get(left) ?? 0) >= (depth.get(right) ?? 0);
      if (isLeftDeeper && left !== undefined) left = next.get(left);
      else if (right !== undefined) right = next.get(right);
    }
    return left;
  };
  for (const value of facts.values.toReversed()) {
    const readers = facts.readersOf(value);
    const [first, ...rest] = readers;
    const isEnd = facts.outputs.has(value) || first === undefined;
    const dominator = isEnd ? undefined : rest.reduce<Value | undefined>(meet, first);
    next.set(value, dominator);
    depth.set(value, (depth.get(dominator) ?? 0) + 1);
  }
  return next;
}
