import { call, intConstant } from "../../../ir/expr/expr.ts";
import { nodesOf } from "../../../ir/expr/expr-cost.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import { rangeOf } from "../../../ir/expr/expr-range.ts";
import {
  addForms,
  divideForm,
  exprOfForm,
  type IntegerForm,
  type IntegerTerm,
  integerFormOf,
  scaleForm,
} from "../../../ir/expr/integer-form.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import { extentOfAll } from "../../../ir/kernel/loop-axes.ts";
import type { LoopAxis } from "../../../ir/kernel/loops.ts";

/**
 * The flattened key position from which on the mask of an attention lets no key through, as an expression
 * over batch and queries between 0 and the number of keys. Causal masks and lengths have one:
 * `key <= query` ends at `query + 1`. `undefined` where nothing is known.
 */
export function keyBound(engine: Engine<"attend">): Expr | undefined {
  if (engine.mask === undefined) return undefined;
  const count = extentOfAll(engine.keys);
  const bound = boundOf(engine.mask, engine.keys);
  if (bound === undefined || rangeOf(bound).min >= count) return undefined;
  return atLeast(intConstant(0), bound);
}

/** A conjunction ends where its first part ends, an alternative where its last one does. */
function boundOf(mask: Expr, keys: readonly LoopAxis[]): Expr | undefined {
  if (mask.kind === "constant") return mask.value === 0 ? intConstant(0) : undefined;
  if (mask.kind === "select") {
    const branches = [mask.then, mask.otherwise].map((branch) => {
      const bound = boundOf(branch, keys);
      // A load under a condition may be out of range where the condition does not hold.
      return bound !== undefined && readsMemory(bound) ? undefined : bound;
    });
    const [then, otherwise] = branches;
    const guarded = earlier(boundOf(mask.condition, keys), then);
    return guarded === undefined || otherwise === undefined
      ? undefined
      : atLeast(guarded, otherwise);
  }
  if (mask.kind !== "call") return undefined;
  const [a, b] = mask.args;
  if (a === undefined || b === undefined) return undefined;
  switch (mask.fn) {
    case "and":
      return earlier(boundOf(a, keys), boundOf(b, keys));
    case "or": {
      const [left, right] = [boundOf(a, keys), boundOf(b, keys)];
      return left === undefined || right === undefined ? undefined : atLeast(left, right);
    }
    case "le":
    case "eq":
      return a.type === "i32" ? earlier(endOf(a, b, 0, keys), swapped(mask, keys)) : undefined;
    case "lt":
      return a.type === "i32" ? endOf(a, b, 1, keys) : undefined;
    case "ge":
      return a.type === "i32" ? endOf(b, a, 0, keys) : undefined;
    case "gt":
      return a.type === "i32" ? endOf(b, a, 1, keys) : undefined;
    default:
      return undefined;
  }
}

/** Equal numbers are at most each other, either way round. */
function swapped(
  mask: Extract<Expr, { kind: "call" }>,
  keys: readonly LoopAxis[],
): Expr | undefined {
  const [a, b] = mask.args;
  if (mask.fn !== "eq" || a === undefined || b === undefined) return undefined;
  return endOf(b, a, 0, keys);
}

/** One more than the last key position where `low + gap <= high`. */
function endOf(low: Expr, high: Expr, gap: number, keys: readonly LoopAxis[]): Expr | undefined {
  const difference = addForms(integerFormOf(low), scaleForm(integerFormOf(high), -1));
  const isKey = ({ atom }: IntegerTerm): boolean =>
    atom.kind === "axis" && keys.some((axis) => axis.id === atom.axis);
  const rest = difference.terms.filter((term) => !isKey(term));
  const dependsOnKeys = nodesOf(rest.map(({ atom }) => atom)).some((node) =>
    isKey({ atom: node, coefficient: 1 }),
  );
  if (dependsOnKeys) return undefined;
  const room: IntegerForm = scaleForm({ terms: rest, constant: difference.constant + gap }, -1);
  const found = steps(difference, keys);
  if (found === undefined) return undefined;
  const last = exprOfForm(divideForm(room, found.coefficient));
  // The least of the two comes first, so that the end of the largest number is not past all numbers.
  const end = call("add", [atMost(last, found.positions - 1), intConstant(1)], "i32");
  return call("mul", [end, intConstant(found.stride)], "i32");
}

/**
 * How a form grows with the keys: by `coefficient` at every `stride` of flattened positions, of which
 * there are `positions`. Growth along inner axes may be left out, which ends later and never too early.
 */
function steps(
  form: IntegerForm,
  keys: readonly LoopAxis[],
): { coefficient: number; stride: number; positions: number } | undefined {
  const long = keys.filter((axis) => axis.extent > 1);
  const growths = long.map(
    (axis) =>
      form.terms.find(({ atom }) => atom.kind === "axis" && atom.axis === axis.id)?.coefficient ??
      0,
  );
  const strides = long.map((_, n) => extentOfAll(long.slice(n + 1)));
  const [first = 0] = growths;
  const [stride = 1] = strides;
  const innermost = growths.at(-1) ?? 0;
  if (innermost > 0 && growths.every((growth, n) => growth === innermost * (strides[n] ?? 1))) {
    return { coefficient: innermost, stride: 1, positions: extentOfAll(keys) };
  }
  if (first <= 0 || growths.some((growth) => growth < 0)) return undefined;
  return { coefficient: first, stride, positions: long[0]?.extent ?? 1 };
}

function earlier(a: Expr | undefined, b: Expr | undefined): Expr | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return call("min", [a, b], "i32");
}

function atLeast(a: Expr, b: Expr): Expr {
  return call("max", [a, b], "i32");
}

function atMost(expr: Expr, most: number): Expr {
  return call("min", [expr, intConstant(most)], "i32");
}

function readsMemory(expr: Expr): boolean {
  return nodesOf([expr]).some((node) => node.kind === "load");
}
