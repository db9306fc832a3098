import type { InputSpec } from "../../compiler/artifact.ts";
import type { Storage } from "./storage.ts";

/** A tensor that stays on the device: what one step gives and another takes, without a way to the CPU. */
export interface DeviceTensor {
  readonly element: InputSpec["element"];
  readonly shape: readonly number[];
  readonly storage: Storage;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

export function isOnDevice(tensor: object): tensor is DeviceTensor {
  return "buffer" in tensor && "offset" in tensor;
}
