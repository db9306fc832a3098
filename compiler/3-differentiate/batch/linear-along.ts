import type { Value } from "../../ir/graph/graph.ts";
import { isFloat } from "../../ops/build/type-rules.ts";

/**
 * Is everything in `behind`, which is made of `source`, made of it by operations that may be linear in it? Whether
 * their factors depend on it too is told by their gradients.
 */
export function linearAlong(
  order: readonly Value[],
  behind: ReadonlySet<Value>,
  source: Value,
): boolean {
  return order.every((value) => {
    if (value === source || !behind.has(value)) return true;
    const places = linearPlaces.get(value.op);
    return (
      places !== undefined &&
      isFloat(value.type.element) &&
      value.inputs.every((input, n) => !behind.has(input) || places === "all" || places.includes(n))
    );
  });
}

/** In which operands an operation is linear, as long as the others do not change. */
const linearPlaces = new Map<string, "all" | readonly number[]>([
  ["add", "all"],
  ["sub", "all"],
  ["neg", "all"],
  ["mul", "all"],
  ["div", [0]],
  ["where", [1, 2]],
  ["convert", "all"],
  ["sum", "all"],
  ["mean", "all"],
  ["expand", "all"],
  ["reorder", "all"],
  ["rename", "all"],
  ["split", "all"],
  ["merge", "all"],
  ["concat", "all"],
  ["stack", "all"],
  ["segment", "all"],
  ["element", "all"],
  ["slice", "all"],
  ["take", [0]],
]);
