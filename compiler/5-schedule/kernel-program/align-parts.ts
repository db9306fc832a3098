import type { Expr } from "../../ir/expr/expr-form.ts";
import { addForms, exprOfForm } from "../../ir/expr/integer-form.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { elementBytes, tensorAddress } from "../../ir/kernel/tensor-address.ts";
import { moveAddresses } from "./move-addresses.ts";

/** Offsets that every adapter accepts for a binding. */
export const alignment = 256;

/**
 * Parts of inputs and outputs that begin where no binding may: their bindings begin earlier, at the next
 * place that every adapter accepts, and positions count from there. Nothing touches what lies before the part.
 */
export function alignParts(program: KernelProgram): KernelProgram {
  const leads = new Map(
    program.tensors
      .map((tensor) => [tensor.id, leadOf(tensor)] as const)
      .filter(([, lead]) => lead > 0),
  );
  if (leads.size === 0) return program;
  const moved = (tensor: number, at: readonly Expr[]): readonly Expr[] | undefined => {
    const lead = leads.get(tensor);
    const known = program.tensors[tensor];
    if (lead === undefined || known === undefined) return undefined;
    const address = tensorAddress(known, at, undefined);
    return [exprOfForm(addForms(address, { terms: [], constant: lead }))];
  };
  return {
    ...program,
    tensors: program.tensors.map((tensor) => withLead(tensor, leads.get(tensor.id) ?? 0)),
    kernels: program.kernels.map((kernel) => moveAddresses(kernel, moved)),
  };
}

/** Elements between the place where the tensor's binding may begin and its first element. */
export function leadOf({ role, partOf, storage }: KernelTensor): number {
  if (partOf === undefined || (role !== "input" && role !== "output")) return 0;
  return partOf.first % (alignment / elementBytes[storage]);
}

function withLead(tensor: KernelTensor, lead: number): KernelTensor {
  if (lead === 0 || tensor.partOf === undefined) return tensor;
  const count = tensor.shape.reduce((product, extent) => product * extent, 1);
  const partOf = { ...tensor.partOf, first: tensor.partOf.first - lead, lead };
  return { ...tensor, shape: [lead + count], partOf };
}
