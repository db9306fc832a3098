import type { Packing } from "../../artifact.ts";
import { ExprNumbers } from "../../ir/expr/expr-numbers.ts";
import { recordOf } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import type { LoopAxis } from "../../ir/kernel/loops.ts";

export interface KernelKey {
  /** Equal for kernels that do the same to tensors of the same shapes, storage and packing. */
  readonly text: string;
  /** What of it says nothing of tensors. */
  readonly work: string;
  /** The kernel's tensors in the order in which it names them: place n stands for place n. */
  readonly tensors: readonly number[];
}

/** What makes two kernels one program text, whatever their tensors and names are. */
export function kernelKey(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  packingOf: (tensor: number) => Packing | undefined,
): KernelKey {
  const order = new Map<number, number>();
  const placeOf = (tensor: number): number => {
    const known = order.get(tensor) ?? order.size;
    order.set(tensor, known);
    return known;
  };
  const numbers = new ExprNumbers(placeOf);
  const parts = [...engineKey(kernel, numbers)];
  for (const { tensor, at, value, when, perRow, along = 0 } of kernel.stores) {
    const positions = at.map((position) => numbers.numberOf(position)).join(" ");
    const guard = when === undefined ? "" : ` if ${numbers.numberOf(when)}`;
    parts.push(
      `store ${placeOf(tensor)}[${positions}] ${numbers.numberOf(value)}${guard} ${perRow === true ? "row" : along}`,
    );
  }
  const work = [...parts, ...numbers.texts].join("\n");
  return repackedKey({ work, tensors: [...order.keys()] }, tensors, packingOf);
}

/** The key of the same kernel where tensors are packed as `packingOf` has them. */
export function repackedKey(
  { work, tensors: used }: Pick<KernelKey, "work" | "tensors">,
  tensors: readonly KernelTensor[],
  packingOf: (tensor: number) => Packing | undefined,
): KernelKey {
  const described = used.map((id) => {
    const tensor = tensors[id];
    const packing = packingOf(id);
    const layout = packing === undefined ? "" : Object.values(packing).join("/");
    return `${tensor?.storage}[${tensor?.shape.join(",")}] ${tensor?.role === "parameter"} ${layout}`;
  });
  return { text: [work, ...described].join("\n"), work, tensors: used };
}

function engineKey({ engine }: Kernel, numbers: ExprNumbers): readonly string[] {
  const record = recordOf(engine);
  const operands = record.operands(engine).map(({ name, reduction, expr }) => {
    const how = reduction === undefined ? "" : ` ${reduction.combine} ${reduction.type}`;
    return `${name}${how} ${numbers.numberOf(expr)}`;
  });
  const settings = Object.entries(record.settings(engine)).map(([name, own]) => `${name} ${own}`);
  const groups = record.loops(engine).map(({ axes }) => loops(axes));
  return [engine.kind, ...settings, ...groups, ...operands];
}

function loops(axes: readonly LoopAxis[]): string {
  return axes.map(({ id, extent }) => `${id}:${extent}`).join(" ");
}
