import { axisIndex, intConstant } from "../../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../../compiler/ir/expr/expr-form.ts";
import type { Engine } from "../../../compiler/ir/kernel/engines/engine-registry.ts";
import type { AttentionShape, MaskOf } from "./sample-attentions.ts";
import { at, load, reduced, SampleBuilder, type SampleKernel } from "./sample-kernels.ts";

/**
 * The way back of an attention from one side: `group` query heads share each head of keys and values. The sums of rows
 * are numbers like all others.
 */
export function attentionBackOf(
  side: Engine<"attend-back">["side"],
  shape: AttentionShape & { readonly group?: number },
  maskOf?: MaskOf,
): SampleKernel {
  const build = new SampleBuilder();
  const { batch = 1, heads = 2, group = 1, inner = 8, columns = inner, queries, keys } = shape;
  const [b, h, g] = [build.axis(batch), build.axis(heads), build.axis(group)];
  const [q, k] = [build.axis(queries), build.axis(keys)];
  const [e, d] = [build.axis(inner), build.axis(columns)];
  const query = build.tensor("input", [batch, queries, heads, group, inner]);
  const key = build.tensor("input", [batch, keys, heads, inner]);
  const value = build.tensor("input", [batch, keys, heads, columns]);
  const gradient = build.tensor("input", [batch, queries, heads, group, columns]);
  const logSum = build.tensor("input", [batch, heads, group, queries]);
  const ofRow = [at(b), at(h), at(g), at(q)];
  const ofResult = [at(b), at(q), at(h), at(g), at(d)];
  const isQueries = side === "queries";
  const share = isQueries
    ? load(build.tensor("input", [batch, queries, heads, group, columns]), ...ofResult)
    : load(build.tensor("input", [batch, heads, group, queries]), ...ofRow);
  const place = build.tensor("input", [1], "i32");
  const position: Expr = { kind: "load", tensor: place, at: [intConstant(0)], type: "i32" };
  const bias = shape.isBiased && build.tensor("input", [heads, queries, keys]);
  const engine: Engine<"attend-back"> = {
    kind: "attend-back",
    side,
    batch: [b, h],
    queries: [g, q],
    keys: [k],
    inner: [e],
    valueAxes: [d],
    query: load(query, at(b), at(q), at(h), at(g), at(e)),
    key: load(key, at(b), at(k), at(h), at(e)),
    value: load(value, at(b), at(k), at(h), at(d)),
    gradient: load(gradient, ...ofResult),
    logSum: load(logSum, ...ofRow),
    share,
    mask: maskOf?.(axisIndex(q.id, queries), axisIndex(k.id, keys), position),
    ...(bias !== undefined && { bias: load(bias, at(h), at(q), at(k)) }),
    scale: 1 / Math.sqrt(inner),
    ...(shape.cap !== undefined && { cap: shape.cap }),
    keyCount: keys,
  };
  const output = (dimensions: readonly number[]): number => build.tensor("output", dimensions);
  const stores = isQueries
    ? [
        {
          tensor: output([batch, queries, heads, group, inner]),
          at: [at(b), at(q), at(h), at(g), at(e)],
          value: reduced(0),
        },
        {
          tensor: output([batch, heads, group, queries]),
          at: ofRow,
          value: reduced(1),
          perRow: true,
        },
      ]
    : [
        {
          tensor: output([batch, keys, heads, inner]),
          at: [at(b), at(k), at(h), at(e)],
          value: reduced(0),
        },
        {
          tensor: output([batch, keys, heads, columns]),
          at: [at(b), at(k), at(h), at(d)],
          value: reduced(1),
          along: 1,
        },
      ];
  const numbers = Object.values({ batch, heads, group, queries, keys, inner, columns }).join("x");
  const products = isQueries ? 2 * inner + columns : 2 * inner + 2 * columns;
  const flops = 2 * batch * heads * group * queries * keys * products;
  return build.done(`way back along ${side} ${numbers}`, engine, stores, flops);
}

/** Tensor number of the sums of rows. */
export const logSumTensor = 4;
/** Tensor number of the position that masks may ask for. */
export const positionTensor = 6;
