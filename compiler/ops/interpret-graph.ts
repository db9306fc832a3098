import { InternalError, invariant } from "../diagnostics/internal-error.ts";
import type { Value } from "../ir/graph/graph.ts";
import type { Extent, ReferenceTensor } from "./define-op.ts";
import { elementCount } from "./reference.ts";
import { ops } from "./registry.ts";
import { valuesInOrder } from "./values-in-order.ts";

/**
 * Computes values by the float64 references of their operations: the judge of every other way. `feeds`
 * gives inputs, parameters and immediates, and may give any other value as well.
 */
export function interpretGraph(
  values: readonly Value[],
  feeds: ReadonlyMap<Value, ReferenceTensor>,
  extent: Extent,
): ReadonlyMap<Value, ReferenceTensor> {
  const results = new Map<Value, ReferenceTensor>();
  for (const value of valuesInOrder(values)) {
    const result = feeds.get(value) ?? evaluate(value, results, extent);
    const expected = elementCount(value.type.axes, extent);
    invariant(
      result.data.length === expected,
      `${value.op} gives ${result.data.length} elements, not ${expected}`,
    );
    results.set(value, result);
  }
  return results;
}

function evaluate(
  value: Value,
  results: ReadonlyMap<Value, ReferenceTensor>,
  extent: Extent,
): ReferenceTensor {
  const definition = ops.get(value.op);
  if (definition === undefined) throw new InternalError(`there is no operation ${value.op}`);
  const inputs = value.inputs.map((input) => {
    const result = results.get(input);
    invariant(result !== undefined, `an input of ${value.op} was not computed`);
    return result;
  });
  return definition.reference(inputs, value.attrs, value.type, extent);
}
