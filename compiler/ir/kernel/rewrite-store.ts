import type { Expr } from "../expr/expr-form.ts";
import type { Store } from "./loops.ts";

/** Every expression of a store through `rewrite`; the tensor stays. */
export function rewriteStore(store: Store, rewrite: (expr: Expr) => Expr): Store {
  return {
    ...store,
    at: store.at.map(rewrite),
    value: rewrite(store.value),
    ...(store.when && { when: rewrite(store.when) }),
  };
}
