import type { Axis, Value } from "../ir/graph/graph.ts";
import { convert } from "../ops/build/build.ts";
import { axesOf, isFloat } from "../ops/build/type-rules.ts";
import type { GraphPass } from "./pass.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";

/**
 * The composition that `attention` of the standard library spells out, and any other that means the same:
 * `sum{M}(softmax{M}(where(mask, cap * tanh(scale * sum{E}(q * k) / cap) + bias, lowest)) * v)`, where
 * mask, cap and bias may be missing, with the softmax either divided
 * by its sum or, as the library has it, shifted by its logarithm. The result is one operation, which a
 * kernel computes without ever storing a score.
 */
export const findAttention: GraphPass = {
  name: "find-attention",
  summary: "make one operation of softmax between two contractions",
  run: (graph, context) =>
    rewriteGraph(graph, "find-attention", context, (value) => {
      const found = attentionOf(value);
      if (found === undefined) return value;
      const { query, key, values, mask, bias, keys, inner, scale, cap } = found;
      const inputs = [query, key, values, ...[mask, bias].filter((input) => input !== undefined)];
      const capped = cap === undefined ? {} : { cap };
      const attrs = { keys, inner, axes: value.type.axes, scale, ...capped };
      const { element } = query.type;
      const origin = derivedBy("find-attention", value);
      const type = { element, axes: value.type.axes };
      const attend = context.build.value("attend", inputs, attrs, type, origin);
      return convert(context.build, attend, value.type.element, origin);
    }),
};

interface Scores {
  readonly query: Value;
  readonly key: Value;
  readonly inner: readonly Axis[];
  readonly scale: number;
  readonly cap?: number;
  readonly bias?: Value;
  readonly mask?: Value;
}
interface Attention extends Scores {
  readonly values: Value;
  readonly keys: readonly Axis[];
}

function attentionOf(value: Value): Attention | undefined {
  if (value.op !== "sum") return undefined;
  const keys = axesOf(value.attrs, "axes");
  const [product] = value.inputs;
  for (const [weight, values] of factorsOf(product)) {
    const logits = softmaxOf(seen(weight), keys);
    const scores = logits === undefined ? undefined : scoresOf(seen(logits));
    if (scores === undefined) continue;
    const swapped = { ...scores, query: scores.key, key: scores.query };
    const found = [scores, swapped].find((side) => hasKeyAxes(side, values, keys));
    if (found !== undefined) return { ...found, values: narrow(values), keys };
  }
  return undefined;
}

/** Keys belong to keys, values and masks; what is summed in the scores belongs to queries and keys. */
function hasKeyAxes(scores: Scores, values: Value, keys: readonly Axis[]): boolean {
  const { query, key, mask, bias, inner } = scores;
  const has = (value: Value, axes: readonly Axis[]): boolean =>
    axes.every((axis) => value.type.axes.includes(axis));
  return (
    has(key, keys) &&
    has(values, keys) &&
    has(query, inner) &&
    has(key, inner) &&
    !query.type.axes.some((axis) => keys.includes(axis)) &&
    // Values that differ by query are weighed, but no product of matrices.
    !values.type.axes.some(
      (axis) => !inner.includes(axis) && has(query, [axis]) && !has(key, [axis]),
    ) &&
    ![mask, bias].some((input) => input?.type.axes.some((axis) => inner.includes(axis)))
  );
}

/** The logits of `exp(x - logsumexp(x))` or `exp(x - max(x)) / sum(exp(x - max(x)))` over `keys`. */
function softmaxOf(weight: Value, keys: readonly Axis[]): Value | undefined {
  if (weight.op === "div") {
    const [raised, total] = pair(weight);
    if (raised === undefined || total === undefined) return undefined;
    const isNormal = isOver(seen(total), "sum", keys) && seen(total).inputs[0] === seen(raised);
    return isNormal ? shiftedByMax(seen(raised), keys) : undefined;
  }
  const [difference] = weight.op === "exp" ? weight.inputs : [];
  const [x, shift] = difference?.op === "sub" ? pair(difference) : [];
  if (x === undefined || shift === undefined) return undefined;
  return isLogSumExp(seen(shift), x, keys) ? x : undefined;
}

/** `max + log(sum(exp(x - max)))`. */
function isLogSumExp(shift: Value, x: Value, keys: readonly Axis[]): boolean {
  if (shift.op !== "add") return false;
  const [a, b] = pair(shift);
  for (const [top, logarithm] of [
    [a, b],
    [b, a],
  ]) {
    if (top === undefined || logarithm === undefined || !isMaxOf(top, x, keys)) continue;
    const [total] = seen(logarithm).op === "log" ? seen(logarithm).inputs : [];
    if (total === undefined || !isOver(seen(total), "sum", keys)) continue;
    const [raised] = seen(total).inputs;
    if (raised !== undefined && shiftedByMax(seen(raised), keys) === x) return true;
  }
  return false;
}

/** `x` of `exp(x - max(x))`. */
function shiftedByMax(raised: Value, keys: readonly Axis[]): Value | undefined {
  const [difference] = raised.op === "exp" ? raised.inputs : [];
  const [x, top] = difference?.op === "sub" ? pair(difference) : [];
  return x !== undefined && top !== undefined && isMaxOf(top, x, keys) ? x : undefined;
}

function isMaxOf(top: Value, x: Value, keys: readonly Axis[]): boolean {
  return isOver(seen(top), "max", keys) && seen(top).inputs[0] === x;
}

function isOver(value: Value, op: string, axes: readonly Axis[]): boolean {
  if (value.op !== op) return false;
  const own = axesOf(value.attrs, "axes");
  return own.length === axes.length && own.every((axis) => axes.includes(axis));
}

/** Takes the masks off the scores: the one that chooses, and below it the one that is added. */
function scoresOf(logits: Value): Scores | undefined {
  if (logits.op !== "where") return addedScoresOf(logits);
  const [mask, score, otherwise] = logits.inputs;
  if (mask === undefined || score === undefined || otherwise?.attrs.value !== "lowest")
    return undefined;
  const scores = addedScoresOf(seen(score));
  return scores && { ...scores, mask };
}

function addedScoresOf(logits: Value): Scores | undefined {
  if (logits.op !== "add") return cappedScoresOf(logits);
  const [a, b] = pair(logits);
  for (const [score, bias] of [
    [a, b],
    [b, a],
  ]) {
    const scores = score && cappedScoresOf(seen(score));
    if (scores !== undefined && bias !== undefined) return { ...scores, bias: narrow(bias) };
  }
  return undefined;
}

/** `cap * tanh(scores / cap)`; the scores that are capped have another scale. */
function cappedScoresOf(logits: Value): Scores | undefined {
  const { factor, rest } = scaled(logits);
  const [bent] = rest.op === "tanh" ? rest.inputs : [];
  if (bent === undefined || factor === 0) return productsOf(logits);
  const scores = productsOf(seen(bent));
  return scores && { ...scores, scale: scores.scale * factor, cap: factor };
}

/** Takes numbers out of the products of queries and keys. */
function productsOf(logits: Value): Scores | undefined {
  const { factor, rest } = scaled(logits);
  if (rest.op !== "sum") return undefined;
  const inner = axesOf(rest.attrs, "axes");
  const [[left, right] = []] = factorsOf(rest.inputs[0]);
  if (left === undefined || right === undefined) return undefined;
  const [one, two] = [scaled(seen(left)), scaled(seen(right))];
  const scale = factor * one.factor * two.factor;
  return { query: narrow(one.rest), key: narrow(two.rest), inner, scale };
}

/** `x * 2`, `2 * x` and `x / 2` as a number and the rest. */
function scaled(value: Value): { readonly factor: number; readonly rest: Value } {
  const [a, b] = pair(value);
  if (a === undefined || b === undefined) return { factor: 1, rest: value };
  const [left, right] = [numberOf(a), numberOf(b)];
  const inner = (rest: Value, factor: number) => {
    const deeper = scaled(seen(rest));
    return { factor: factor * deeper.factor, rest: deeper.rest };
  };
  if (value.op === "mul" && right !== undefined) return inner(a, right);
  if (value.op === "mul" && left !== undefined) return inner(b, left);
  if (value.op === "div" && right !== undefined) return inner(a, 1 / right);
  return { factor: 1, rest: value };
}

/** Both orders of the factors of a product. */
function factorsOf(product: Value | undefined): readonly (readonly [Value, Value])[] {
  if (product?.op !== "mul") return [];
  const [a, b] = pair(product);
  if (a === undefined || b === undefined) return [];
  return [
    [a, b],
    [b, a],
  ];
}

/** Through what leaves the elements as they are: another order of axes, another float. */
function seen(value: Value): Value {
  const [input] = value.inputs;
  if (input === undefined) return value;
  const isSame =
    value.op === "reorder" ||
    value.op === "stop_gradient" ||
    (value.op === "convert" && isFloat(input.type.element) && isFloat(value.type.element));
  return isSame ? seen(input) : value;
}

/** Operands may be stored in a narrow float and widened by the kernel. */
function narrow(value: Value): Value {
  const [input] = value.inputs;
  const isWidened = value.op === "convert" && value.type.element === "f32" && input !== undefined;
  return isWidened && isFloat(input.type.element) ? narrow(input) : value;
}

function pair(value: Value): readonly (Value | undefined)[] {
  return value.inputs.length === 2 ? value.inputs : [];
}

function numberOf(value: Value): number | undefined {
  const { value: number } = seen(value).attrs;
  return seen(value).op === "constant" && typeof number === "number" ? number : undefined;
}
