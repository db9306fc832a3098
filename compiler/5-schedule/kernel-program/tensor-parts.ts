import type { QuantizedSpec, TensorPart } from "../../artifact.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";

/** Tensors that are too large for one binding: what they became, in order. */
export function partsIn({ tensors }: KernelProgram): ReadonlyMap<number, readonly TensorPart[]> {
  const parts = new Map<number, TensorPart[]>();
  for (const { id, shape, partOf } of tensors) {
    if (partOf === undefined) continue;
    const count = shape.reduce((product, extent) => product * extent, 1);
    const others = parts.get(partOf.tensor) ?? [];
    others.push({ tensor: id, first: partOf.first, count });
    parts.set(
      partOf.tensor,
      others.sort((a, b) => a.first - b.first),
    );
  }
  return parts;
}

/** Quantised parameters by their tensors. */
export function quantizedIn({ tensors }: KernelProgram): ReadonlyMap<number, QuantizedSpec> {
  return new Map(
    tensors.flatMap(({ id, scalesOf }) =>
      scalesOf === undefined
        ? []
        : [[scalesOf.tensor, { scales: id, group: scalesOf.group, insteadOf: scalesOf.insteadOf }]],
    ),
  );
}
