import type { TensorSpec } from "../../compiler/artifact.ts";
import { bufferUsage, mapMode } from "../device/gpu-constants.ts";
import type { Executable } from "./executable.ts";

const windowBytes = 16 * 1024 * 1024;

/** Looks at the bytes of tensors of any size, a piece at a time, through one small staging buffer. */
export class TensorWindow {
  readonly #executable: Executable;
  readonly #staging: GPUBuffer;
  readonly #size: number;

  private constructor(executable: Executable, staging: GPUBuffer, size: number) {
    this.#executable = executable;
    this.#staging = staging;
    this.#size = size;
  }

  static async create(executable: Executable): Promise<TensorWindow> {
    const { device, program } = executable;
    let largest = 4;
    for (const tensor of program.tensors) largest = Math.max(largest, executable.copySize(tensor));
    const size = Math.min(largest, windowBytes);
    const staging = await device.attempt("allocating memory to look at tensors", () =>
      device.gpu.createBuffer({
        label: "tensors looked at",
        size,
        usage: bufferUsage.mapRead | bufferUsage.copyTarget,
      }),
    );
    return new TensorWindow(executable, staging, size);
  }

  /** In order; `use` sees the bytes from number `start` on, which are gone when it returns. */
  async read(tensor: TensorSpec, use: (bytes: Uint8Array, start: number) => void): Promise<void> {
    const executable = this.#executable;
    const { device } = executable;
    for (let start = 0; start < tensor.bytes; start += this.#size) {
      const size = Math.min(this.#size, executable.copySize(tensor) - start);
      const encoder = device.gpu.createCommandEncoder();
      const source = executable.bufferOf(tensor);
      encoder.copyBufferToBuffer(source, tensor.offset + start, this.#staging, 0, size);
      device.gpu.queue.submit([encoder.finish()]);
      await device.wait(this.#staging.mapAsync(mapMode.read, 0, size));
      try {
        use(new Uint8Array(this.#staging.getMappedRange(0, size)), start);
      } finally {
        this.#staging.unmap();
      }
    }
  }

  dispose(): void {
    this.#staging.destroy();
  }
}
