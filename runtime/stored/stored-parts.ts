import type { StoredSpec, TensorPart } from "../../compiler/artifact.ts";
import { elementCount } from "../tensor.ts";

/** The tensors that what is stored lies in: one, or several where a binding could not hold it. */
export function partsOf(
  { tensor, parts }: Pick<StoredSpec, "tensor" | "parts">,
  count: number,
): readonly TensorPart[] {
  return parts ?? [{ tensor, first: 0, count }];
}

export function countOf({ shape }: Pick<StoredSpec, "shape">): number {
  return elementCount(shape.map(({ size }) => size));
}

/** Every tensor that what is stored takes, scales among them. */
export function tensorsOf(spec: StoredSpec): readonly number[] {
  const parts = partsOf(spec, countOf(spec)).map(({ tensor }) => tensor);
  return spec.quantized === undefined ? parts : [...parts, spec.quantized.scales];
}
