import type { Packing } from "../../artifact.ts";
import type { Expr } from "../expr/expr-form.ts";
import {
  addForms,
  divideForm,
  type IntegerForm,
  integerFormOf,
  moduloForm,
  scaleForm,
} from "../expr/integer-form.ts";
import type { StorageType } from "../expr/scalar-types.ts";
import type { KernelTensor } from "./kernel-tensor.ts";

/** Number of the element at this position, counted as the tensor lies in its buffer. */
export function tensorAddress(
  tensor: KernelTensor,
  at: readonly Expr[],
  packing: Packing | undefined,
): IntegerForm {
  let flat: IntegerForm = { terms: [], constant: 0 };
  let stride = 1;
  for (let dimension = tensor.shape.length - 1; dimension >= 0; dimension--) {
    const position = at[dimension];
    if (position !== undefined) flat = addForms(flat, scaleForm(integerFormOf(position), stride));
    stride *= tensor.shape[dimension] ?? 1;
  }
  if (packing === undefined || packing.kind === "row-major") return flat;
  const row = divideForm(flat, packing.columns);
  const column = moduloForm(flat, packing.columns);
  if (packing.kind === "transposed") return addForms(scaleForm(column, packing.stride), row);
  const { columns, lines, run } = packing;
  const block = scaleForm(divideForm(row, lines), lines * columns);
  const turn = scaleForm(divideForm(column, run), lines * run);
  const line = scaleForm(moduloForm(row, lines), run);
  return [turn, line, moduloForm(column, run)].reduce(addForms, block);
}

/** Elements that the tensor takes in its buffer, padding included. */
export function packedLength(tensor: KernelTensor, packing: Packing | undefined): number {
  if (packing?.kind === "transposed") return packing.columns * packing.stride;
  return tensor.shape.reduce((product, extent) => product * extent, 1);
}

/** Bytes that the tensor takes in its buffer. */
export function bytesOf(tensor: KernelTensor, packing: Packing): number {
  return Math.ceil((packedLength(tensor, packing) * elementBytes[tensor.storage]) / 4) * 4;
}

/** Bytes of one element in a buffer. */
export const elementBytes: Readonly<Record<StorageType, number>> = {
  f32: 4,
  i32: 4,
  u32: 4,
  f16: 2,
  bf16: 2,
  i8: 1,
  i4: 0.5,
};
