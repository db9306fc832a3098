import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import type { ReadsOf } from "../../ir/kernel/kernel-tensors.ts";
import type { Pass } from "../../ir/pass.ts";

/** What a pass over kernels may use beside the program. */
export interface KernelPassContext {
  readonly profile: DeviceProfile;
  /** How many tensors a kernel may bind while the kernels of a step become fewer: what comes after may add some. */
  readonly maxTensors: number;
  /** What weights are stored as; `undefined` leaves them as they are. */
  readonly quantization: Quantization | undefined;
  /** Remembers from pass to pass what the kernels of a program read: most stay as they are. */
  readonly readsOf: ReadsOf;
  /** Bytes that the whole program may take, where what does not fit is to be made again. */
  readonly budget?: number | undefined;
}

export interface Quantization {
  readonly storage: "i8" | "i4";
  /** Elements along the inner axes that share a scale. */
  readonly group: number;
}

/**
 * One step from kernels to kernels. It leaves a program that `verifyKernels` accepts as soon as tensors that
 * nothing makes any more are dropped, which whoever runs passes does.
 */
export type KernelPass = Pass<KernelProgram, KernelPassContext>;
