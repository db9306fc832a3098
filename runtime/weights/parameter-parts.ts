import type { ParameterSpec, TensorPart } from "../../compiler/artifact.ts";

/** The tensors that a parameter lies in: one, or several where a binding could not hold it. */
export function partsOf({ tensor, shape, parts }: ParameterSpec): readonly TensorPart[] {
  if (parts !== undefined) return parts;
  return [{ tensor, first: 0, count: shape.reduce((product, { size }) => product * size, 1) }];
}
