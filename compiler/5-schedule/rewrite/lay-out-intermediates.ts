import type { PositionId } from "../../ir/axis-ids.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { recordOf } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import type { LoopAxis } from "../../ir/kernel/loops.ts";
import { rewriteEngine } from "../../ir/kernel/rewrite-engine.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";
import type { KernelPass, KernelPassContext } from "../kernel-program/kernel-pass.ts";

/**
 * Orders the dimensions of tensors between kernels by the loops of the kernel that makes them, so that
 * neighbours in its fastest loop are neighbours in memory. The order of a value's axes is presentation:
 * a product with a weight written first would otherwise lie with its tokens innermost.
 */
export const layOutIntermediates: KernelPass = {
  name: "lay-out-intermediates",
  summary: "order dimensions between kernels by the loops that write them",
  run: layOut,
};

function layOut(
  program: KernelProgram,
  { readsOf }: Pick<KernelPassContext, "readsOf">,
): KernelProgram {
  const orders = new Map<number, readonly number[]>();
  for (const kernel of program.kernels) {
    const fastest = recordOf(kernel.engine).layout(kernel.engine);
    for (const { tensor, at } of kernel.stores) {
      if (program.tensors[tensor]?.role !== "intermediate") continue;
      const order = orderBy(fastest, at);
      if (order.some((dimension, place) => dimension !== place)) orders.set(tensor, order);
    }
  }
  if (orders.size === 0) return program;
  return {
    ...program,
    tensors: program.tensors.map((tensor) => permuteTensor(tensor, orders.get(tensor.id))),
    kernels: program.kernels.map((kernel) =>
      tensorsOfKernel(kernel, readsOf).some((tensor) => orders.has(tensor))
        ? permuteKernel(kernel, orders)
        : kernel,
    ),
  };
}

/** Dimensions sorted by the fastest loop in their positions; those without one keep their places in front. */
function orderBy(loops: readonly LoopAxis[], at: readonly Expr[]): readonly number[] {
  const rank = new Map<PositionId, number>(loops.map((loop, place) => [loop.id, place]));
  const rankOf = (position: Expr): number =>
    Math.max(
      -1,
      ...nodesOf([position]).map((node) =>
        node.kind === "axis" ? (rank.get(node.axis) ?? -1) : -1,
      ),
    );
  const ranks = at.map(rankOf);
  return at.map((_, dimension) => dimension).sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
}

function permuteTensor(tensor: KernelTensor, order: readonly number[] | undefined): KernelTensor {
  return order === undefined ? tensor : { ...tensor, shape: permute(tensor.shape, order) };
}

function permuteKernel(kernel: Kernel, orders: ReadonlyMap<number, readonly number[]>): Kernel {
  const rewrite = makeRewriter((leaf) => {
    const order = leaf.kind === "load" ? orders.get(leaf.tensor) : undefined;
    return leaf.kind === "load" && order !== undefined
      ? { ...leaf, at: permute(leaf.at, order) }
      : undefined;
  });
  const stores = kernel.stores.map((store) => {
    const moved = rewriteStore(store, rewrite);
    const order = orders.get(store.tensor);
    return order === undefined ? moved : { ...moved, at: permute(moved.at, order) };
  });
  return { ...kernel, engine: rewriteEngine(kernel.engine, rewrite), stores };
}

function permute<T>(list: readonly T[], order: readonly number[]): T[] {
  return order.map((place) => list[place] as T);
}
