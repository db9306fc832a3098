import { axisIndex, call, intConstant, select } from "../../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../../compiler/ir/expr/expr-form.ts";
import type { Engine } from "../../../compiler/ir/kernel/engines/engine-registry.ts";
import { at, load, reduced, SampleBuilder, type SampleKernel } from "./sample-kernels.ts";

export interface AttentionShape {
  readonly batch?: number;
  readonly heads?: number;
  readonly queries: number;
  readonly keys: number;
  readonly inner?: number;
  readonly columns?: number;
  /** Is a number added to each score, by head, query and key? */
  readonly isBiased?: true;
  /** Scores stay below this. */
  readonly cap?: number;
  /** Are the logarithms of the rows' sums stored too? */
  readonly hasLogSum?: true;
}

/** Which keys a query sees. `position` is a number that is given when the kernel runs. */
export type MaskOf = (query: Expr, key: Expr, position: Expr) => Expr;

export const masks: Readonly<Record<string, MaskOf>> = {
  causal: (query, key) => call("le", [key, query], "bool"),
  // The first queries see nothing and weigh all keys equally.
  "three behind": (query, key) =>
    call("le", [key, call("sub", [query, intConstant(3)], "i32")], "bool"),
  cached: (_query, key, position) => call("le", [key, position], "bool"),
  "a length": (_query, key, position) => call("lt", [key, position], "bool"),
  "a length and a choice": (query, key, position) =>
    call(
      "and",
      [
        call("lt", [key, position], "bool"),
        call(
          "ne",
          [call("mod", [call("add", [key, query], "i32"), intConstant(3)], "i32"), intConstant(0)],
          "bool",
        ),
      ],
      "bool",
    ),
};

/** `[batch, queries, heads, inner]` on keys and values of their own, with a mask and an offset added. */
export function attentionOf(shape: AttentionShape, maskOf?: MaskOf): SampleKernel {
  const build = new SampleBuilder();
  const { batch = 1, heads = 2, inner = 8, columns = inner } = shape;
  const [b, h] = [build.axis(batch), build.axis(heads)];
  const [q, k] = [build.axis(shape.queries), build.axis(shape.keys)];
  const [e, d] = [build.axis(inner), build.axis(columns)];
  const query = build.tensor("input", [batch, shape.queries, heads, inner]);
  const key = build.tensor("input", [batch, shape.keys, heads, inner]);
  const value = build.tensor("input", [batch, shape.keys, heads, columns]);
  const offset = build.tensor("parameter", [heads, columns]);
  const y = build.tensor("output", [batch, shape.queries, heads, columns]);
  const place = build.tensor("input", [1], "i32");
  const position: Expr = { kind: "load", tensor: place, at: [intConstant(0)], type: "i32" };
  const bias = shape.isBiased && build.tensor("input", [heads, shape.queries, shape.keys]);
  const logSum = shape.hasLogSum && build.tensor("output", [batch, heads, shape.queries]);
  const sum = call("add", [reduced(0), load(offset, at(h), at(d))], "f32");
  return build.done(
    `attention ${Object.values({ batch, heads, ...shape, inner, columns }).join("x")}`,
    {
      kind: "attend",
      batch: [b, h],
      queries: [q],
      keys: [k],
      inner: [e],
      valueAxes: [d],
      query: load(query, at(b), at(q), at(h), at(e)),
      key: load(key, at(b), at(k), at(h), at(e)),
      value: load(value, at(b), at(k), at(h), at(d)),
      mask: maskOf?.(axisIndex(q.id, shape.queries), axisIndex(k.id, shape.keys), position),
      ...(bias !== undefined && { bias: load(bias, at(h), at(q), at(k)) }),
      scale: 1 / Math.sqrt(inner),
      ...(shape.cap !== undefined && { cap: shape.cap }),
      ...(logSum !== undefined && { hasLogSum: true }),
    },
    [
      { tensor: y, at: [at(b), at(q), at(h), at(d)], value: sum },
      ...(logSum === undefined
        ? []
        : [{ tensor: logSum, at: [at(b), at(h), at(q)], value: reduced(1), perRow: true }]),
    ],
    2 * batch * heads * shape.queries * shape.keys * (inner + columns),
  );
}

/** Tensor numbers of `attentionOf`. */
export const attentionTensors = {
  query: 0,
  key: 1,
  value: 2,
  offset: 3,
  result: 4,
  position: 5,
  bias: 6,
};

/** The same mask in words in which no end of the keys is found. */
export function withHiddenEnd(sample: SampleKernel): SampleKernel {
  const engine = sample.kernel.engine as Engine<"attend">;
  const { mask } = engine;
  if (mask === undefined) return sample;
  const not = (expr: Expr): Expr => ({ kind: "call", fn: "not", args: [expr], type: "bool" });
  return { ...sample, kernel: { ...sample.kernel, engine: { ...engine, mask: not(not(mask)) } } };
}

export const edges = [1, 7, 31, 33, 127, 129, 257] as const;

/** A mask that lets some keys through and does not depend on where they stand. */
export const scattered: MaskOf = (query, key) =>
  select(
    call("eq", [query, intConstant(1)], "bool"),
    { kind: "constant", type: "bool", value: 0 },
    call(
      "eq",
      [call("mod", [call("add", [key, query], "i32"), intConstant(3)], "i32"), intConstant(0)],
      "bool",
    ),
  );
