import type { Device } from "../device/device.ts";
import { bufferUsage, mapMode } from "../device/gpu-constants.ts";
import type { Executable } from "./executable.ts";

/** Staging buffers through which tensors come back, made once: nothing is allocated in a run. */
export class Readback {
  readonly #executable: Executable;
  readonly #tensors: readonly number[];
  readonly #staging: readonly GPUBuffer[];
  /** How long the last read waited for what was submitted before it. */
  #usualMs = 0;

  private constructor(
    executable: Executable,
    tensors: readonly number[],
    staging: readonly GPUBuffer[],
  ) {
    this.#executable = executable;
    this.#tensors = tensors;
    this.#staging = staging;
  }

  static async create(executable: Executable, tensors: readonly number[]): Promise<Readback> {
    const { device } = executable;
    const staging = await device.attempt("allocating the buffers for reading results", () =>
      tensors.map((index) => createStaging(device, executable, index)),
    );
    return new Readback(executable, tensors, staging);
  }

  /** Copies the tensors of these slots, all where none are named. */
  encode(encoder: GPUCommandEncoder, slots?: readonly number[]): void {
    this.#tensors.forEach((index, slot) => {
      if (slots?.includes(slot) === false) return;
      const tensor = this.#executable.tensor(index);
      const target = this.#staging[slot];
      if (target === undefined || tensor.bytes === 0) return;
      const source = this.#executable.bufferOf(tensor);
      encoder.copyBufferToBuffer(
        source,
        tensor.offset,
        target,
        0,
        this.#executable.copySize(tensor),
      );
    });
  }

  /** After the submit. `use` sees the bytes of each tensor in order; they are gone when it returns. */
  async read<T>(
    use: (bytes: Uint8Array, slot: number) => T,
    slots: readonly number[] = [...this.#staging.keys()],
  ): Promise<T[]> {
    const wanted = slots.flatMap((slot) => {
      const buffer = this.#staging[slot];
      return buffer === undefined ? [] : [{ buffer, slot }];
    });
    const start = performance.now();
    await this.#executable.device.wait(
      Promise.all(wanted.map(({ buffer }) => buffer.mapAsync(mapMode.read))),
      this.#usualMs,
    );
    this.#usualMs = performance.now() - start;
    return wanted.map(({ buffer, slot }) => {
      try {
        const tensor = this.#executable.tensor(this.#tensors[slot] ?? 0);
        return use(new Uint8Array(buffer.getMappedRange()).subarray(0, tensor.bytes), slot);
      } finally {
        buffer.unmap();
      }
    });
  }

  dispose(): void {
    for (const buffer of this.#staging) buffer.destroy();
  }
}

function createStaging(device: Device, executable: Executable, index: number): GPUBuffer {
  const tensor = executable.tensor(index);
  return device.gpu.createBuffer({
    label: `${tensor.name} on its way back`,
    size: Math.max(4, executable.copySize(tensor)),
    usage: bufferUsage.mapRead | bufferUsage.copyTarget,
  });
}
