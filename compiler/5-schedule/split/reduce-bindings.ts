import { axisIndex } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { type Engine, isEngine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { readsOf, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { hasUpdates } from "../../ir/kernel/loop-axes.ts";
import type { Store } from "../../ir/kernel/loops.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";

export interface FewerBindings {
  readonly kernels: readonly Kernel[];
  readonly tensors: readonly KernelTensor[];
}

/**
 * Ways to do what a kernel does with fewer tensors in each kernel, the cheapest first: one kernel for each
 * tensor that it stores; the left operand of a contraction put together by a kernel of its own, which only copies.
 */
export function reduceBindings(kernel: Kernel, nextTensor: number): readonly FewerBindings[] {
  const separate = separateStores(kernel);
  const staged = stageLeft(kernel, nextTensor);
  const ways: FewerBindings[] = [];
  if (separate !== undefined) ways.push({ kernels: separate, tensors: [] });
  if (staged !== undefined) ways.push(staged);
  const [first] = staged?.kernels ?? [];
  if (staged !== undefined && separate !== undefined && first !== undefined) {
    const rest = staged.kernels.slice(1).flatMap((made) => separateStores(made) ?? [made]);
    ways.push({ kernels: [first, ...rest], tensors: staged.tensors });
  }
  return ways;
}

/** What is stored to one tensor stays together. */
function separateStores(kernel: Kernel): readonly Kernel[] | undefined {
  const written = writesOf(kernel);
  const read = new Set(readsOf(kernel));
  // A kernel that writes what it reads would change what the next one finds.
  if (hasUpdates(kernel) || written.length < 2 || written.some((tensor) => read.has(tensor)))
    return undefined;
  return written.map((target) => {
    const stores = kernel.stores.filter(({ tensor }) => tensor === target);
    const only = withoutUnused({ ...kernel, stores });
    const reads = new Set(readsOf(only));
    const { readsBefore, ...rest } = only;
    if (readsBefore === undefined) return rest;
    return { ...rest, readsBefore: readsBefore.filter((tensor) => reads.has(tensor)) };
  });
}

/** A contraction without the products and statistics that no store asks for. */
function withoutUnused(kernel: Kernel): Kernel {
  if (!isEngine(kernel, "contract")) return kernel;
  const { engine, stores } = kernel;
  const rights = [engine.right, ...(engine.others ?? [])];
  const statistics = engine.statistics ?? [];
  const used = new Set<number>();
  const use = (exprs: readonly Expr[]): void => {
    for (const node of nodesOf(exprs)) {
      if (node.kind !== "reduced" || used.has(node.reduction)) continue;
      used.add(node.reduction);
      const statistic = statistics[node.reduction - rights.length];
      if (statistic !== undefined) use([statistic.value]);
    }
  };
  use(
    stores.flatMap(({ at, value, when }) => [...at, value, ...(when === undefined ? [] : [when])]),
  );
  const kept = rights.flatMap((_, n) => (used.has(n) ? [n] : []));
  const keptStatistics = statistics.flatMap((_, n) => (used.has(rights.length + n) ? [n] : []));
  const [first, ...others] = kept;
  // Where only a statistic is stored the product stays: the engine is one of products.
  if (
    first === undefined ||
    kept.length + keptStatistics.length === rights.length + statistics.length
  )
    return kernel;
  const order = [...kept, ...keptStatistics.map((n) => rights.length + n)];
  const renumber = makeRewriter((leaf) =>
    leaf.kind === "reduced" ? { ...leaf, reduction: order.indexOf(leaf.reduction) } : undefined,
  );
  const { others: _others, statistics: _statistics, ...plain } = engine;
  return {
    ...kernel,
    engine: {
      ...plain,
      right: rights[first] as Expr,
      ...(others.length > 0 && { others: others.map((n) => rights[n] as Expr) }),
      ...(keptStatistics.length > 0 && {
        statistics: keptStatistics.map((n) => {
          const statistic = statistics[n] as (typeof statistics)[number];
          return { ...statistic, value: renumber(statistic.value) };
        }),
      }),
    },
    stores: stores.map((store): Store => rewriteStore(store, renumber)),
  };
}

function stageLeft(kernel: Kernel, tensor: number): FewerBindings | undefined {
  if (!isEngine(kernel, "contract") || kernel.engine.left.kind === "load") return undefined;
  const { engine } = kernel;
  const axes = [...engine.batch, ...engine.rows, ...engine.inner];
  const at = axes.map(({ id, extent }) => axisIndex(id, extent));
  const staged: KernelTensor = {
    id: tensor,
    name: `${kernel.name}.left`,
    role: "intermediate",
    shape: axes.map(({ extent }) => extent),
    storage: "f32",
  };
  const copy: Kernel = {
    ...kernel,
    name: `${kernel.name}-left`,
    engine: { kind: "map", grid: axes } satisfies Engine,
    stores: [{ tensor, at, value: engine.left }],
    endsBecause: "its reader has no bindings left for all that this is put together from",
  };
  const left: Expr = { kind: "load", tensor, at, type: "f32" };
  const kernels = [copy, { ...kernel, engine: { ...engine, left } }].map((made): Kernel => {
    const { readsBefore, ...rest } = made;
    const reads = new Set(readsOf(made));
    return readsBefore === undefined
      ? rest
      : { ...rest, readsBefore: readsBefore.filter((read) => reads.has(read)) };
  });
  return { kernels, tensors: [staged] };
}
