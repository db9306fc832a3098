import type { Device } from "../device/device.ts";
import { bufferUsage, mapMode } from "../device/gpu-constants.ts";

/** Bytes that move to the device in one go; memory on the CPU side stays at a few of these. */
export const chunkBytes = 16 * 1024 * 1024;

/** Staging buffers in turn: while one is copied on the device, the next is filled. */
export class Uploader {
  readonly #device: Device;
  readonly #slots: { readonly buffer: GPUBuffer; mapped: Promise<undefined> | undefined }[] = [];
  #next = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  /** `fill` writes `bytes` bytes (whole words), which then lie at `offset` of the buffer. */
  async upload(
    target: GPUBuffer,
    offset: number,
    bytes: number,
    fill: (bytes: Uint8Array) => void,
  ): Promise<void> {
    const { gpu } = this.#device;
    const slot = await this.#slot();
    if (slot.mapped !== undefined) await this.#device.wait(slot.mapped);
    fill(new Uint8Array(slot.buffer.getMappedRange(0, bytes)));
    slot.buffer.unmap();
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(slot.buffer, 0, target, offset, bytes);
    gpu.queue.submit([encoder.finish()]);
    slot.mapped = slot.buffer.mapAsync(mapMode.write);
  }

  /** All that was uploaded has arrived. */
  async finish(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.mapped && this.#device.wait(slot.mapped)));
  }

  dispose(): void {
    for (const { buffer, mapped } of this.#slots) {
      // Destroying cuts a mapping off that is still on its way; nobody waits for it any more.
      mapped?.catch(() => undefined);
      buffer.destroy();
    }
  }

  async #slot(): Promise<{ readonly buffer: GPUBuffer; mapped: Promise<undefined> | undefined }> {
    const index = this.#next;
    this.#next = (this.#next + 1) % slotCount;
    const known = this.#slots[index];
    if (known !== undefined) return known;
    const usage = bufferUsage.mapWrite | bufferUsage.copySource;
    const buffer = await this.#device.attempt("allocating memory to load weights through", () =>
      this.#device.gpu.createBuffer({
        label: "weights on their way",
        size: chunkBytes,
        usage,
        mappedAtCreation: true,
      }),
    );
    const slot = { buffer, mapped: undefined };
    this.#slots[index] = slot;
    return slot;
  }
}

const slotCount = 3;
