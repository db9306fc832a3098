import { nodesOf } from "../../../compiler/ir/expr/expr-cost.ts";
import type { Expr } from "../../../compiler/ir/expr/expr-form.ts";
import type { Kernel, KernelProgram } from "../../../compiler/ir/kernel/kernel.ts";
import { readsOf } from "../../../compiler/ir/kernel/kernel-tensors.ts";
import type { LoopAxis } from "../../../compiler/ir/kernel/loops.ts";

/** What a plan should never store between kernels, in words. */
export function planFaults(program: KernelProgram): readonly string[] {
  return [
    ...program.kernels.flatMap((kernel) => scoresOf(kernel, program)),
    ...storedSoftmaxes(program),
    ...program.kernels.flatMap((kernel) => truthsOf(kernel, program)),
    ...program.kernels.flatMap((kernel) => repetitionsOf(kernel, program)),
    ...summedProducts(program),
  ];
}

/** Tensors between kernels that an attention reads by query and key at once: scores or a mask. */
function scoresOf({ name, engine }: Kernel, { tensors }: KernelProgram): readonly string[] {
  if (engine.kind !== "attend") return [];
  const roots = [engine.query, engine.key, engine.value, ...(engine.mask ? [engine.mask] : [])];
  return nodesOf(roots).flatMap((node) => {
    if (node.kind !== "load" || tensors[node.tensor]?.role !== "intermediate") return [];
    const isBoth = uses(node.at, engine.queries) && uses(node.at, engine.keys);
    return isBoth ? [`${name} reads ${tensors[node.tensor]?.name} by query and key`] : [];
  });
}

/** Rows less their maximum that a contraction sums over: attention that nothing recognised. */
function storedSoftmaxes({ kernels }: KernelProgram): readonly string[] {
  const softmaxes = kernels.filter(
    ({ engine }) =>
      engine.kind === "row" && engine.reductions.some(({ combine }) => combine === "max"),
  );
  const rows = new Map(
    softmaxes.flatMap(({ name, stores }) =>
      stores.flatMap(({ tensor, perRow }) => (perRow === true ? [] : [[tensor, name] as const])),
    ),
  );
  return kernels.flatMap((kernel) => {
    if (kernel.engine.kind !== "contract") return [];
    const found = readsOf(kernel).flatMap((tensor) => rows.get(tensor) ?? []);
    return found.map((name) => `${kernel.name} reads the softmax of ${name}`);
  });
}

/** Truths over two axes or more: a mask, whoever reads it. */
function truthsOf({ name, stores }: Kernel, { tensors }: KernelProgram): readonly string[] {
  return stores.flatMap(({ tensor, at, value }) => {
    if (tensors[tensor]?.role !== "intermediate" || value.type !== "bool") return [];
    const axes = axesOf(at);
    const names = [...axes].map((axis) => `a${axis}`).join(", ");
    return axes.size > 1 ? [`${name} stores truths ${tensors[tensor]?.name} over ${names}`] : [];
  });
}

/** Intermediates whose elements are the same all along one of their axes. */
function repetitionsOf({ name, engine, stores }: Kernel, program: KernelProgram): string[] {
  const { tensors } = program;
  const free = engine.kind === "map" ? engine.grid : engine.kind === "row" ? engine.lanes : [];
  return stores.flatMap(({ tensor, at, value }) => {
    if (tensors[tensor]?.role !== "intermediate") return [];
    const repeated = free.filter((axis) => uses(at, [axis]) && !uses([value], [axis]));
    return repeated.map((axis) => `${name} repeats ${tensors[tensor]?.name} along ${axis.name}`);
  });
}

/** Products with weights that a map stores and a row program then sums as they are. */
function summedProducts({ kernels, tensors }: KernelProgram): readonly string[] {
  const products = new Map(
    kernels.flatMap(({ name, engine, stores }) =>
      stores.flatMap(({ tensor, value }) => {
        const isProduct = engine.kind === "map" && value.kind === "call" && value.fn === "mul";
        const isOfWeights = nodesOf([value]).some(
          (node) => node.kind === "load" && tensors[node.tensor]?.role === "parameter",
        );
        return isProduct && isOfWeights ? [[tensor, name] as const] : [];
      }),
    ),
  );
  return kernels.flatMap(({ name, engine }) => {
    if (engine.kind !== "row") return [];
    return engine.reductions.flatMap(({ combine, value }) => {
      const maker = value.kind === "load" ? products.get(value.tensor) : undefined;
      const isSum = combine === "sum" && maker !== undefined;
      return isSum ? [`${name} sums products that ${maker} stores`] : [];
    });
  });
}

function uses(exprs: readonly Expr[], axes: readonly LoopAxis[]): boolean {
  const used = axesOf(exprs);
  return axes.some(({ id, extent }) => extent > 1 && used.has(id));
}

function axesOf(exprs: readonly Expr[]): ReadonlySet<number> {
  return new Set(nodesOf(exprs).flatMap((node) => (node.kind === "axis" ? [node.axis] : [])));
}
