import type { Axis, Value } from "../../ir/graph/graph.ts";
import { axesOf, isFloat } from "../../ops/build/type-rules.ts";
import type { Extent } from "../../ops/define-op.ts";
import { pathOf } from "./value-names.ts";

/** Multiply-accumulates of a mode, of contractions and attentions. */
export interface MacCount {
  readonly exact: number;
  /**
   * As papers on vision transformers count: what attention does for a class token (a segment of one
   * element in the join of tokens) is left out, linear layers are counted for all tokens.
   */
  readonly paper: number;
}

/** What is counted: values, and how large their axes are. */
interface CountedValues {
  readonly values: readonly Value[];
  readonly extent: Extent;
}

/** Of all values, or of those that some parts have made, by their paths. */
export function countMacs(
  { values, extent }: CountedValues,
  isCounted?: (path: string) => boolean,
): MacCount {
  let [exact, paper] = [0, 0];
  for (const value of values) {
    if (isCounted !== undefined && !isCounted(pathOf(value))) continue;
    const [input] = value.inputs;
    const products = attentionProducts.get(value.op);
    if (products !== undefined) {
      exact += attentionMacs(value, products, extent);
      paper += attentionMacs(value, products, (axis) => extentWithoutTokens(axis, extent));
    } else if (value.op === "sum" && input?.op === "mul" && isFloat(input.type.element)) {
      const macs = elementsOf(input.type.axes, extent);
      exact += macs;
      paper += macs;
    }
  }
  return { exact, paper };
}

/** For each score, how many products over the inner axes an operation makes, and over those that only values have. */
interface Products {
  readonly inner: number;
  readonly own: number;
}

/**
 * The way back makes scores again, for queries and for keys, and the gradients of the weights; what it does for
 * values lies in the kernel of the keys.
 */
const attentionProducts: ReadonlyMap<string, Products> = new Map([
  ["attend", { inner: 1, own: 1 }],
  ["attend_back_query", { inner: 2, own: 1 }],
  ["attend_back_key", { inner: 2, own: 1 }],
  ["attend_back_value", { inner: 0, own: 1 }],
]);

function attentionMacs(value: Value, products: Products, extent: (axis: Axis) => number): number {
  const [query, key, values] = value.inputs;
  const inner = axesOf(value.attrs, "inner");
  const count = (axes: Iterable<Axis>): number => elementsOf(axes, extent);
  const scores = new Set([...(query?.type.axes ?? []), ...(key?.type.axes ?? [])]);
  for (const axis of inner) scores.delete(axis);
  const own = (values?.type.axes ?? []).filter((axis) => !scores.has(axis));
  return count(scores) * (products.inner * count(inner) + products.own * count(own));
}

function extentWithoutTokens(axis: Axis, extent: Extent): number {
  const segments = (axis.segments ?? []).map((axes) => elementsOf(axes, extent));
  const wide = segments.filter((elements) => elements > 1);
  return wide.length === 0 ? extent(axis) : wide.reduce((sum, elements) => sum + elements, 0);
}

function elementsOf(axes: Iterable<Axis>, extent: (axis: Axis) => number): number {
  return [...axes].reduce((all, axis) => all * extent(axis), 1);
}
