import type { Attrs } from "../../../ir/graph/graph.ts";
import { axesOf, numberOf } from "../../build/type-rules.ts";
import type { Extent, ReferenceTensor } from "../../define-op.ts";
import { elementsOf, forEachPosition, lowestOf, nestedPosition } from "../../reference.ts";
import { operandsAmong } from "./attend-operands.ts";

/** Position along each axis. */
type Place = Parameters<ReturnType<typeof elementsOf>>[0];

/** The scores of an attention, one by one, in float64: the lowest number where the mask is false. */
export function scoresOf(
  inputs: readonly ReferenceTensor[],
  attrs: Attrs,
  extent: Extent,
  isBack: boolean,
): (at: Place) => number {
  const { query, key, mask, bias } = operandsAmong(inputs, ({ type }) => type, isBack);
  const inner = axesOf(attrs, "inner");
  const [queryAt, keyAt] = [elementsOf(query, extent), elementsOf(key, extent)];
  const [maskAt, biasAt] = [mask, bias].map((input) => input && elementsOf(input, extent));
  const scale = numberOf(attrs, "scale");
  return (at) => {
    if (maskAt?.(at) === 0) return lowestOf(query.type.element);
    let product = 0;
    forEachPosition(inner, extent, (atInner) => {
      const there = nestedPosition(at, atInner, inner);
      product += queryAt(there) * keyAt(there);
    });
    return bentBy(attrs, product * scale) + (biasAt?.(at) ?? 0);
  };
}

/** A score bent below the cap, where there is one. */
function bentBy(attrs: Attrs, score: number): number {
  if (attrs.cap === undefined) return score;
  const cap = numberOf(attrs, "cap");
  return cap * Math.tanh(score / cap);
}
