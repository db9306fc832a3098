import { namesOf, printExprs } from "../expr/print-expr.ts";
import type { Operand } from "./engines/engine-record.ts";
import { recordOf } from "./engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "./kernel.ts";
import { kernelLabel } from "./kernel-label.ts";
import type { KernelTensor } from "./kernel-tensor.ts";
import { allAxes } from "./loop-axes.ts";
import type { LoopAxis } from "./loops.ts";

/** A whole program as text, stable from run to run: what `--emit kernels` shows. */
export function printKernels(program: KernelProgram): string {
  const tensors = program.tensors.map(
    ({ id, name, role, shape, storage }) =>
      `  #${id} ${name}: ${role} ${storage}[${shape.join(", ")}]`,
  );
  const kernels = program.kernels.map((kernel) => printKernel(kernel, program.tensors));
  return ["tensors", ...tensors, "", ...kernels].join("\n");
}

function printKernel(kernel: Kernel, tensors: readonly KernelTensor[]): string {
  const names = namesOf(allAxes(kernel), tensors);
  const { engine } = kernel;
  const record = recordOf(engine);
  const operands = record.operands(engine);
  const settings = Object.entries(record.settings(engine));
  const values = kernel.stores.map(({ value }) => value);
  const { lets, texts } = printExprs([...operands.map(({ expr }) => expr), ...values], names);
  const stores = kernel.stores.map((store, n) => {
    const at = printExprs(store.at, names).texts.join(", ");
    const scope =
      store.perRow === true ? "  (once per row)" : store.along ? "  (along the others)" : "";
    const when = store.when === undefined ? "" : `  if ${printExprs([store.when], names).texts[0]}`;
    return `  ${names.tensor(store.tensor)}[${at}] = ${texts[operands.length + n]}${when}${scope}`;
  });
  const places = kernel.places.map(
    ({ file, line, path }) => `${file}:${line}${path === "" ? "" : ` ${path}`}`,
  );
  return [
    `kernel ${kernelLabel(kernel)} (${engine.kind})`,
    ...record.loops(engine).map(({ name, axes }) => loops(name, axes)),
    ...settings.map(([name, value]) => `  ${name} ${value}`),
    ...lets.map((line) => `  ${line}`),
    ...operands.map((operand, n) => `  ${labelOf(operand)}${texts[n]}`),
    ...stores,
    `  holds ${kernel.holds.join(", ")}`,
    `  from ${places.join("; ")}`,
    `  ends: ${kernel.endsBecause}`,
    "",
  ].join("\n");
}

/** What stands before an operand: its name, or the result that it is combined to. */
function labelOf({ name, reduction }: Operand): string {
  if (reduction === undefined) return `${name} = `;
  const { number, type, combine } = reduction;
  return `r${number}: ${type} = ${combine} of `;
}

function loops(name: string, axes: readonly LoopAxis[]): string {
  return `  ${name} ${axes.map((axis) => `${axis.name}=${axis.extent}`).join(" ") || "-"}`;
}
