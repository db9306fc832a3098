import { totalmem } from "node:os";
import type { Program } from "../../compiler/artifact.ts";
import type { Device } from "../device/device.ts";
import { bufferUsage } from "../device/gpu-constants.ts";
import { fault } from "../faults.ts";

/** The buffers of a plan, all or none. */
export async function createBuffers(program: Program, device: Device): Promise<GPUBuffer[]> {
  const limit = device.gpu.limits.maxBufferSize;
  const tooLarge = program.buffers.find((buffer) => buffer.bytes > limit);
  if (tooLarge !== undefined) {
    throw fault("buffer-too-large", {
      buffer: tooLarge.name,
      bytes: tooLarge.bytes,
      limit,
      device: device.name,
    });
  }
  assertMemory(program, device);
  const usage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyTarget;
  const buffers: GPUBuffer[] = [];
  try {
    for (const { name, role, bytes } of program.buffers) {
      const size = Math.max(smallestBinding, roundUp(bytes, smallestBinding));
      const during = `allocating ${bytes} bytes for \`${name}\` (${role})`;
      buffers.push(
        await device.attempt(during, () => device.gpu.createBuffer({ label: name, size, usage })),
      );
    }
  } catch (error) {
    for (const buffer of buffers) buffer.destroy();
    throw error;
  }
  return buffers;
}

/**
 * Software adapters take what they are asked for and hand it out when it is touched: the system would end
 * the process without a word. So what cannot fit is refused before.
 */
function assertMemory(program: Program, device: Device): void {
  if (!device.isSoftware) return;
  const bytes = program.buffers.reduce((total, buffer) => total + buffer.bytes, 0);
  // 0 or an absurd number stands for "no limit".
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  const memory = Math.min(limit, totalmem());
  if (bytes > memory) {
    const during = `the program needs ${gibibytes(bytes)} and this machine has ${gibibytes(memory)} for a software device`;
    throw fault("out-of-memory", { during });
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** A kernel may see its tensor as vec4s, so every binding holds at least one. */
export const smallestBinding = 16;

export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
