import { InternalError } from "../diagnostics/internal-error.ts";
import type { Value } from "../ir/graph/graph.ts";
import { isFloat } from "../ops/build/type-rules.ts";
import { ops } from "../ops/registry.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";

/** How a value reaches the loss: by a gradient, or only through an operation without one, once it is known which. */
type Way = { readonly kind: "gradient" } | { readonly kind: "stopped"; readonly by?: string };

const gradient: Way = { kind: "gradient" };

/**
 * Every value that the loss depends on: with the operation through which alone it does where that has no
 * gradient (`argmax`, a comparison), with undefined where a gradient arrives. No gradient is computed.
 */
export function reachFrom(loss: Value): ReadonlyMap<Value, string | undefined> {
  const ways = new Map<Value, Way>([[loss, gradient]]);
  for (const value of valuesInOrder([loss]).toReversed()) {
    const way = ways.get(value);
    if (way === undefined) throw new InternalError(`${value.op} does not stand before the loss`);
    for (const input of value.inputs) {
      const known = ways.get(input);
      if (known?.kind === "gradient" || (known?.by !== undefined && way.kind === "stopped"))
        continue;
      ways.set(input, wayTo(input, value, way));
    }
  }
  return new Map(
    [...ways].map(([value, way]) => [
      value,
      way.kind === "stopped" ? (way.by ?? value.op) : undefined,
    ]),
  );
}

function wayTo(input: Value, value: Value, way: Way): Way {
  const hasRule = typeof ops.get(value.op)?.gradient === "function";
  if (way.kind === "gradient" && hasRule && isFloat(input.type.element)) return gradient;
  // The first operation that takes a float and has no gradient for it is what stops it.
  const by = way.kind === "stopped" ? way.by : undefined;
  return isFloat(input.type.element)
    ? { kind: "stopped", by: by ?? value.op }
    : { kind: "stopped", ...(by && { by }) };
}
