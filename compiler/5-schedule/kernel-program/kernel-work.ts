import { costOf, nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { integerFormOf } from "../../ir/expr/integer-form.ts";
import { recordOf } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { writesOf } from "../../ir/kernel/kernel-tensors.ts";
import {
  extentOfAll,
  type KernelPart,
  partsOfKernel,
  storeAxes,
} from "../../ir/kernel/loop-axes.ts";
import { elementBytes } from "../../ir/kernel/tensor-address.ts";

/** What one dispatch does at least, whatever its schedule: the numbers behind GFLOP/s and GB/s. */
export interface KernelWork {
  readonly flops: number;
  /** Every element that is needed, once. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export function workOf(kernel: Kernel, tensors: readonly KernelTensor[]): KernelWork {
  const parts = partsOfKernel(kernel);
  const { engine, stores } = kernel;
  const record = recordOf(engine);
  let flops = record.flops(engine, stores);
  for (const { expr, axes, isUpdate } of parts) {
    const cost = costOf(expr);
    const updates = isUpdate ? record.updatePoints?.(engine, stores) : undefined;
    flops += (cost.flops + cost.transcendentals) * (updates ?? extentOfAll(axes));
  }
  const bytes = (tensor: number, elements?: number): number => {
    const { shape, storage } = tensors[tensor] as KernelTensor;
    const all = shape.reduce((product, extent) => product * extent, 1);
    return Math.min(all, elements ?? all) * elementBytes[storage];
  };
  let bytesRead = 0;
  for (const [tensor, elements] of elementsRead(parts)) bytesRead += bytes(tensor, elements);
  const bytesWritten = writesOf(kernel).reduce((sum, tensor) => {
    const own = kernel.stores.filter((store) => store.tensor === tensor);
    const isPartial = own.every(({ partial }) => partial === true);
    const elements = own.map((store) => extentOfAll(storeAxes(kernel, store)));
    return sum + bytes(tensor, isPartial ? elements.reduce((a, b) => a + b, 0) : undefined);
  }, 0);
  return { flops, bytesRead, bytesWritten };
}

/**
 * How many different elements the loads of a tensor can reach, by the loops that their positions use; those
 * of a gather at most one for each position that is read.
 */
function elementsRead(parts: readonly KernelPart[]): ReadonlyMap<number, number> {
  const reached = new Map<number, Map<string, number>>();
  for (const { expr } of parts) {
    for (const node of nodesOf([expr])) {
      if (node.kind !== "load") continue;
      const loops = axesIn(node.at);
      const elements = [...loops.values()].reduce((product, extent) => product * extent, 1);
      const own = reached.get(node.tensor) ?? new Map<string, number>();
      const key = `${constantsIn(node.at)} ${[...loops.keys()].join(",")}`;
      own.set(key, elements);
      reached.set(node.tensor, own);
    }
  }
  return new Map(
    [...reached].map(([tensor, own]) => [tensor, [...own.values()].reduce((a, b) => a + b, 0)]),
  );
}

function axesIn(exprs: readonly Expr[]): ReadonlyMap<number, number> {
  const axes = new Map<number, number>();
  for (const node of nodesOf(exprs)) if (node.kind === "axis") axes.set(node.axis, node.extent);
  return axes;
}

/** Loads at other constant places read other elements: the halves of one tensor are two loads. */
function constantsIn(at: readonly Expr[]): string {
  return at.map((position) => integerFormOf(position).constant).join(",");
}
