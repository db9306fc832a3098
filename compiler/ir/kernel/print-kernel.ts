import { namesOf, printExprs } from "../expr/print-expr.ts";
import type { Expr, Kernel, KernelProgram, KernelTensor, LoopAxis } from "./kernel.ts";
import { allAxes } from "./loop-axes.ts";

/** A whole program as text, stable from run to run: what `--emit kernels` shows. */
export function printKernels(program: KernelProgram): string {
  const tensors = program.tensors.map(
    ({ id, name, role, shape, storage }) =>
      `  #${id} ${name}: ${role} ${storage}[${shape.join(", ")}]`,
  );
  const kernels = program.kernels.map((kernel) => printKernel(kernel, program.tensors));
  return ["tensors", ...tensors, "", ...kernels].join("\n");
}

export function printKernel(kernel: Kernel, tensors: readonly KernelTensor[]): string {
  const names = namesOf(allAxes(kernel), tensors);
  const { lines, exprs, labels } = describeEngine(kernel);
  for (const store of kernel.stores) exprs.push(store.value);
  const { lets, texts } = printExprs(exprs, names);
  const stores = kernel.stores.map((store, n) => {
    const at = printExprs(store.at, names).texts.join(", ");
    const scope = store.perRow === true ? "  (once per row)" : "";
    const when = store.when === undefined ? "" : `  if ${printExprs([store.when], names).texts[0]}`;
    return `  ${names.tensor(store.tensor)}[${at}] = ${texts[labels.length + n]}${when}${scope}`;
  });
  const places = kernel.places.map(
    ({ file, line, path }) => `${file}:${line}${path === "" ? "" : ` ${path}`}`,
  );
  return [
    `kernel ${kernel.name} (${kernel.engine.kind})`,
    ...lines,
    ...lets.map((line) => `  ${line}`),
    ...labels.map((label, n) => `  ${label}${texts[n]}`),
    ...stores,
    `  holds ${kernel.holds.join(", ")}`,
    `  from ${places.join("; ")}`,
    `  ends: ${kernel.endsBecause}`,
    "",
  ].join("\n");
}

interface EngineText {
  readonly lines: readonly string[];
  readonly exprs: Expr[];
  /** What stands before each of `exprs`. */
  readonly labels: readonly string[];
}

function describeEngine(kernel: Kernel): EngineText {
  const { engine } = kernel;
  switch (engine.kind) {
    case "map":
      return { lines: [loops("grid", engine.grid)], exprs: [], labels: [] };
    case "row":
      return {
        lines: [loops("grid", engine.grid), loops("lanes", engine.lanes)],
        exprs: engine.reductions.map((reduction) => reduction.value),
        labels: engine.reductions.map(({ combine, type }, n) => `r${n}: ${type} = ${combine} of `),
      };
    case "contract": {
      const { statistics = [], others = [] } = engine;
      return {
        lines: [
          loops("batch", engine.batch),
          loops("rows", engine.rows),
          loops("columns", engine.columns),
          loops("inner", engine.inner),
        ],
        exprs: [engine.left, engine.right, ...others, ...statistics.map(({ value }) => value)],
        labels: [
          "left = ",
          "right = ",
          ...others.map((_, n) => `right ${1 + n} = `),
          ...statistics.map(
            ({ combine, type }, n) => `r${1 + others.length + n}: ${type} = ${combine} of `,
          ),
        ],
      };
    }
    case "attend": {
      const mask = engine.mask === undefined ? [] : [engine.mask];
      return {
        lines: [
          loops("batch", engine.batch),
          loops("queries", engine.queries),
          loops("keys", engine.keys),
          loops("inner", engine.inner),
          loops("value", engine.valueAxes),
          `  scale ${engine.scale}`,
        ],
        exprs: [engine.query, engine.key, engine.value, ...mask],
        labels: ["query = ", "key = ", "value = ", ...mask.map(() => "mask = ")],
      };
    }
    case "scatter":
      return {
        lines: [loops("grid", engine.grid), loops("updates", engine.updates)],
        exprs: [],
        labels: [],
      };
  }
}

function loops(name: string, axes: readonly LoopAxis[]): string {
  return `  ${name} ${axes.map((axis) => `${axis.name}=${axis.extent}`).join(" ") || "-"}`;
}
