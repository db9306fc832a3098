import type { Engine, Expr, Kernel, LoopAxis } from "./kernel.ts";

/** Which loops of a kernel an expression stands in, outermost first. */
export interface KernelPart {
  readonly name: string;
  readonly expr: Expr;
  readonly axes: readonly LoopAxis[];
  /** Reductions with a smaller number may be read here. */
  readonly reductions: number;
}

/** The loops over which stores run; `perRow` stores leave out the lanes of a row. */
export function storeAxes(kernel: Kernel, perRow: boolean): readonly LoopAxis[] {
  const { engine } = kernel;
  switch (engine.kind) {
    case "map":
      return engine.grid;
    case "row":
      return perRow ? engine.grid : [...engine.grid, ...engine.lanes];
    case "contract":
      return [...engine.batch, ...engine.rows, ...engine.columns];
    case "attend":
      return [...engine.batch, ...engine.queries, ...engine.valueAxes];
    case "scatter":
      return engine.grid;
  }
}

/** Every loop axis of a kernel, each once. */
export function allAxes(kernel: Kernel): readonly LoopAxis[] {
  const { engine } = kernel;
  switch (engine.kind) {
    case "map":
      return engine.grid;
    case "row":
      return [...engine.grid, ...engine.lanes];
    case "contract":
      return [...engine.batch, ...engine.rows, ...engine.columns, ...engine.inner];
    case "attend":
      return [
        ...engine.batch,
        ...engine.queries,
        ...engine.keys,
        ...engine.inner,
        ...engine.valueAxes,
      ];
    case "scatter":
      return [...engine.grid, ...engine.updates];
  }
}

/** Every expression of a kernel with the loops that it stands in. */
export function partsOfKernel(kernel: Kernel): readonly KernelPart[] {
  const { engine } = kernel;
  const parts: KernelPart[] = [];
  const add = (name: string, expr: Expr, axes: readonly LoopAxis[], reductions = 0): void => {
    parts.push({ name, expr, axes, reductions });
  };
  if (engine.kind === "row") {
    const axes = [...engine.grid, ...engine.lanes];
    engine.reductions.forEach((reduction, n) => {
      add(`reduction ${n}`, reduction.value, axes, n);
    });
  }
  if (engine.kind === "contract") {
    add("left", engine.left, [...engine.batch, ...engine.rows, ...engine.inner]);
    rightsOf(engine).forEach((right, n) => {
      const axes = [...engine.batch, ...engine.columns, ...engine.inner];
      add(n === 0 ? "right" : `right ${n}`, right, axes);
    });
    engine.statistics?.forEach(({ value }, n) => {
      add(`statistic ${n}`, value, [...engine.batch, ...engine.rows, ...engine.inner]);
    });
  }
  if (engine.kind === "attend") {
    add("query", engine.query, [...engine.batch, ...engine.queries, ...engine.inner]);
    add("key", engine.key, [...engine.batch, ...engine.keys, ...engine.inner]);
    add("value", engine.value, [...engine.batch, ...engine.keys, ...engine.valueAxes]);
    if (engine.mask !== undefined) {
      add("mask", engine.mask, [...engine.batch, ...engine.queries, ...engine.keys]);
    }
  }
  const reductions = reductionCount(kernel);
  kernel.stores.forEach((store, n) => {
    const isUpdate = engine.kind === "scatter" && n === 1;
    const own = storeAxes(kernel, store.perRow === true);
    const axes = isUpdate ? [...own, ...engine.updates] : own;
    for (const position of store.at) add(`position of store ${n}`, position, axes, reductions);
    if (store.when !== undefined) add(`guard of store ${n}`, store.when, axes, reductions);
    add(`store ${n}`, store.value, axes, reductions);
  });
  return parts;
}

/** The expressions of `partsOfKernel` in its order, for who does not ask for loops. */
export function exprsOfKernel({ engine, stores }: Kernel): readonly Expr[] {
  const exprs: Expr[] = [];
  if (engine.kind === "row") for (const { value } of engine.reductions) exprs.push(value);
  if (engine.kind === "contract") {
    exprs.push(engine.left, engine.right, ...(engine.others ?? []));
    for (const { value } of engine.statistics ?? []) exprs.push(value);
  }
  if (engine.kind === "attend") {
    exprs.push(engine.query, engine.key, engine.value);
    if (engine.mask !== undefined) exprs.push(engine.mask);
  }
  for (const { at, when, value } of stores) {
    exprs.push(...at);
    if (when !== undefined) exprs.push(when);
    exprs.push(value);
  }
  return exprs;
}

/** The right operands of a contraction, in the order of its reductions. */
export function rightsOf(engine: Extract<Engine, { kind: "contract" }>): readonly Expr[] {
  return [engine.right, ...(engine.others ?? [])];
}

export function reductionCount(kernel: Kernel): number {
  switch (kernel.engine.kind) {
    case "row":
      return kernel.engine.reductions.length;
    case "contract":
      return rightsOf(kernel.engine).length + (kernel.engine.statistics?.length ?? 0);
    case "attend":
      return 1;
    case "map":
    case "scatter":
      return 0;
  }
}

export function extentOfAll(axes: readonly LoopAxis[]): number {
  return axes.reduce((product, axis) => product * axis.extent, 1);
}
