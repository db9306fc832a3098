import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import { kernelKey } from "../kernel-program/kernel-key.ts";
import type { KernelPass, KernelPassContext } from "../kernel-program/kernel-pass.ts";

/**
 * Maps that do the same to the same tensors are done once: the angles of rotary embeddings, which every
 * layer writes down for itself.
 */
export const shareCommonMaps: KernelPass = {
  name: "share-common-maps",
  summary: "do maps once that do the same to the same tensors",
  run: withoutRepeats,
};

function withoutRepeats(
  program: KernelProgram,
  { readsOf }: Pick<KernelPassContext, "readsOf">,
): KernelProgram {
  const { tensors } = program;
  const known = new Map<string, number>();
  const names = new Map<number, number>();
  const rename = makeRewriter((leaf) => {
    const name = leaf.kind === "load" ? names.get(leaf.tensor) : undefined;
    return leaf.kind === "load" && name !== undefined ? { ...leaf, tensor: name } : undefined;
  });
  const kernels = program.kernels.flatMap((kernel): readonly Kernel[] => {
    const isRenamed = names.size > 0 && readsOf(kernel).some((tensor) => names.has(tensor));
    const own: Kernel = isRenamed
      ? {
          ...kernel,
          engine: rewriteEngine(kernel.engine, rename),
          stores: kernel.stores.map((store) => rewriteStore(store, rename)),
        }
      : kernel;
    const [store, second] = own.stores;
    const isPlain = isEngine(own, "map") && second === undefined && store?.partial !== true;
    if (store === undefined || !isPlain || tensors[store.tensor]?.role !== "intermediate")
      return [own];
    const { text, tensors: used } = kernelKey(own, tensors, () => undefined);
    const key = `${text}\n${used.map((id) => (id === store.tensor ? "made" : id)).join(" ")}`;
    const before = known.get(key);
    if (before === undefined) {
      known.set(key, store.tensor);
      return [own];
    }
    names.set(store.tensor, before);
    return [];
  });
  return { ...program, kernels };
}
