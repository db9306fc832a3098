import { invariant } from "../../diagnostics/internal-error.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { valuesInOrder } from "../../ops/values-in-order.ts";

/**
 * Values over others than they were made of: `given` stand in the place of what they are given for, and
 * `rewrite` says what a value becomes whose inputs are rebuilt already. Types stay as they are.
 */
export function rebuildValues(
  build: GraphBuilder,
  roots: readonly Value[],
  given: ReadonlyMap<Value, Value>,
  rewrite: (rebuilt: Value) => Value = (rebuilt) => rebuilt,
): (value: Value) => Value {
  const done = new Map(given);
  const newOf = (value: Value): Value => {
    const found = done.get(value);
    invariant(found !== undefined, `${value.op} was not rebuilt`);
    return found;
  };
  for (const value of valuesInOrder(roots, (one) => (given.has(one) ? [] : one.inputs))) {
    if (done.has(value)) continue;
    const inputs = value.inputs.map(newOf);
    const isSame = inputs.every((input, n) => input === value.inputs[n]);
    const { op, attrs, type, origin } = value;
    done.set(value, rewrite(isSame ? value : build.value(op, inputs, attrs, type, origin)));
  }
  return newOf;
}
