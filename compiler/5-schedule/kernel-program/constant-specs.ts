import type { ConstantSpec, TensorPart } from "../../artifact.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";

/** What the runtime fills constants with: each once, whatever parts it was cut into. */
export function constantSpecs(
  { tensors }: KernelProgram,
  partsOf: ReadonlyMap<number, readonly TensorPart[]>,
): readonly ConstantSpec[] {
  return tensors.flatMap(({ id, name, table, partOf }): readonly ConstantSpec[] => {
    if (table === undefined || (partOf !== undefined && partOf.tensor !== id)) return [];
    const parts = partsOf.get(id);
    return [
      {
        name,
        tensor: id,
        ...(parts === undefined ? {} : { parts }),
        init: table.value,
        initAxes: table.shape.map((extent, axis) => ({ axis, extent })),
      },
    ];
  });
}
