import type { Program } from "../../compiler/artifact.ts";
import type { Device } from "../../runtime/device/device.ts";
import { bufferUsage } from "../../runtime/device/gpu-constants.ts";

/** What `work` gives, and the bytes of all buffers that kernels can bind and that it makes, by the device's own count. */
export async function heldDuring<T>(
  { gpu }: Device,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly held: number }> {
  const create = gpu.createBuffer.bind(gpu);
  let held = 0;
  gpu.createBuffer = (descriptor) => {
    if ((descriptor.usage & bufferUsage.storage) !== 0) held += descriptor.size;
    return create(descriptor);
  };
  try {
    return { result: await work(), held };
  } finally {
    gpu.createBuffer = create;
  }
}

/** Bytes of all buffers of a plan. */
export function plannedBytes({ program }: { readonly program: Program }): number {
  return program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
}
