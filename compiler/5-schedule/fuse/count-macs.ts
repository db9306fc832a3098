import type { Axis, Value } from "../../ir/graph/graph.ts";
import { axesOf, isFloat } from "../../ops/build/type-rules.ts";
import type { GraphFacts } from "./graph-facts.ts";

/** Multiply-accumulates of a mode, of contractions and attentions. */
export interface MacCount {
  readonly exact: number;
  /**
   * As papers on vision transformers count: what attention does for a class token (a segment of one
   * element in the join of tokens) is left out, linear layers are counted for all tokens.
   */
  readonly paper: number;
}

export function countMacs(facts: GraphFacts): MacCount {
  let [exact, paper] = [0, 0];
  for (const value of facts.values) {
    const [input] = value.inputs;
    if (value.op === "attend") {
      exact += attentionMacs(value, facts.extent);
      paper += attentionMacs(value, (axis) => extentWithoutTokens(axis, facts));
    } else if (value.op === "sum" && input?.op === "mul" && isFloat(input.type.element)) {
      const macs = facts.elementCount(input.type.axes);
      exact += macs;
      paper += macs;
    }
  }
  return { exact, paper };
}

/** Every score takes the inner axes, and then the axes that only the values have. */
function attentionMacs(value: Value, extent: (axis: Axis) => number): number {
  const [query, key, values] = value.inputs;
  const inner = axesOf(value.attrs, "inner");
  const count = (axes: Iterable<Axis>): number =>
    [...axes].reduce((all, axis) => all * extent(axis), 1);
  const scores = new Set([...(query?.type.axes ?? []), ...(key?.type.axes ?? [])]);
  for (const axis of inner) scores.delete(axis);
  const own = (values?.type.axes ?? []).filter((axis) => !scores.has(axis));
  return count(scores) * (count(inner) + count(own));
}

function extentWithoutTokens(axis: Axis, facts: GraphFacts): number {
  const segments = (axis.segments ?? []).map((axes) => facts.elementCount(axes));
  const wide = segments.filter((elements) => elements > 1);
  return wide.length === 0 ? facts.extent(axis) : wide.reduce((sum, elements) => sum + elements, 0);
}
