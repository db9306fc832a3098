import { extremeOf, powerOf } from "./combine-size.ts";
import { floorDivide, quotientOf, remainderOf } from "./divide-size.ts";
import type { OrientedFacts } from "./oriented-facts.ts";
import type { Size, SizeOperation } from "./size.ts";
import type { SizeStore } from "./size-store.ts";

/** The operation in normal form. */
export function applyOperation(
  store: SizeStore,
  op: SizeOperation,
  left: Size,
  right: Size,
  facts: OrientedFacts,
): Size {
  switch (op) {
    case "div":
      return floorDivide(store, left, right, facts);
    case "%":
      return remainderOf(store, left, right, facts);
    case "/":
      return quotientOf(store, left, right);
    case "min":
    case "max":
      return extremeOf(store, op, left, right, facts);
    case "^":
      return powerOf(store, left, right);
  }
}
