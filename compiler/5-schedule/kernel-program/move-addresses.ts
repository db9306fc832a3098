import type { Expr } from "../../ir/expr/expr-form.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";

/** The kernel with other positions in its tensors; where `moved` has none, they stay. */
export function moveAddresses(
  kernel: Kernel,
  moved: (tensor: number, at: readonly Expr[]) => readonly Expr[] | undefined,
): Kernel {
  const rewrite = makeRewriter((leaf) => {
    if (leaf.kind !== "load") return undefined;
    const at = moved(leaf.tensor, leaf.at);
    return at && { ...leaf, at };
  });
  const stores = kernel.stores.map((store) => {
    const rewritten = rewriteStore(store, rewrite);
    return { ...rewritten, at: moved(store.tensor, rewritten.at) ?? rewritten.at };
  });
  return { ...kernel, engine: rewriteEngine(kernel.engine, rewrite), stores };
}
