import type { Expr, Kernel } from "../ir/kernel.ts";
import { rewriteEngine } from "../ir/rewrite-engine.ts";
import { makeRewriter } from "../ir/rewrite-expr.ts";
import { rewriteStore } from "../ir/rewrite-store.ts";

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
