import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import type { ReadsOf } from "../../ir/kernel/kernel-tensors.ts";
import { type VerifiedKernels, verifyKernels } from "../../ir/kernel/verify-kernels.ts";
import { dropTensors } from "./drop-tensors.ts";

/** What a pass left, or several, without the tensors that nothing makes any more, and proven. */
export function settleKernels(
  program: KernelProgram,
  after: string,
  verified: VerifiedKernels = new Map(),
  reads?: ReadsOf,
): KernelProgram {
  const alive = dropTensors(program, verified, reads);
  verifyKernels(alive, after, verified, reads);
  return alive;
}
