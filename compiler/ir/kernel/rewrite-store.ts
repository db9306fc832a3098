import type { Expr, Store } from "./kernel.ts";

/** Every expression of a store through `rewrite`; the tensor stays. */
export function rewriteStore(store: Store, rewrite: (expr: Expr) => Expr): Store {
  return {
    ...store,
    at: store.at.map(rewrite),
    value: rewrite(store.value),
    ...(store.when && { when: rewrite(store.when) }),
  };
}
