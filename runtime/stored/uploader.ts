import type { Device } from "../device/device.ts";
import { bufferUsage, mapMode } from "../device/gpu-constants.ts";

/** Bytes that move to the device in one go; memory on the CPU side stays at a few of these. */
export const chunkBytes = 16 * 1024 * 1024;

/**
 * Staging buffers in turn: while one is copied on the device, the next is filled. Many small tensors share
 * a buffer, so that a device that is busy with other work is waited for rarely.
 */
export class Uploader {
  readonly #device: Device;
  readonly #slots: Slot[] = [];
  #current = 0;
  #waitedMs = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  /** `fill` writes `bytes` bytes (whole words, one chunk at most), which then lie at `offset` of the buffer. */
  async upload(
    target: GPUBuffer,
    offset: number,
    bytes: number,
    fill: (bytes: Uint8Array) => void,
  ): Promise<void> {
    let slot = await this.#slot();
    if (slot.used + bytes > chunkBytes) {
      this.#send(slot);
      slot = await this.#slot();
    }
    slot.bytes ??= new Uint8Array(slot.buffer.getMappedRange());
    fill(slot.bytes.subarray(slot.used, slot.used + bytes));
    slot.copies.push({ target, offset, from: slot.used, bytes });
    slot.used += bytes;
  }

  /** How long a full buffer was waited for, which is the device's time. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** All that was uploaded is on its way: commands submitted after this find it there. */
  flush(): void {
    const slot = this.#slots[this.#current];
    if (slot !== undefined && slot.used > 0) this.#send(slot);
  }

  /** All that was uploaded has arrived. */
  async finish(): Promise<void> {
    this.flush();
    await Promise.all(this.#slots.map(({ mapped }) => mapped && this.#device.wait(mapped)));
  }

  dispose(): void {
    for (const { buffer, mapped } of this.#slots) {
      // Destroying cuts a mapping off that is still on its way; nobody waits for it any more.
      mapped?.catch(() => undefined);
      buffer.destroy();
    }
  }

  /** Copies what the slot holds to where it belongs, and turns to the next slot. */
  #send(slot: Slot): void {
    const { gpu } = this.#device;
    slot.bytes = undefined;
    slot.buffer.unmap();
    const encoder = gpu.createCommandEncoder();
    for (const { target, offset, from, bytes } of slot.copies)
      encoder.copyBufferToBuffer(slot.buffer, from, target, offset, bytes);
    gpu.queue.submit([encoder.finish()]);
    slot.copies = [];
    slot.used = 0;
    slot.mapped = slot.buffer.mapAsync(mapMode.write);
    this.#current = (this.#current + 1) % slotCount;
  }

  /** The slot whose turn it is, ready to be filled. */
  async #slot(): Promise<Slot> {
    const known = this.#slots[this.#current];
    if (known !== undefined) {
      if (known.mapped !== undefined) {
        const started = performance.now();
        await this.#device.wait(known.mapped);
        this.#waitedMs += performance.now() - started;
      }
      known.mapped = undefined;
      return known;
    }
    const usage = bufferUsage.mapWrite | bufferUsage.copySource;
    const buffer = await this.#device.attempt("allocating memory to load weights through", () =>
      this.#device.gpu.createBuffer({
        label: "weights on their way",
        size: chunkBytes,
        usage,
        mappedAtCreation: true,
      }),
    );
    const slot: Slot = { buffer, mapped: undefined, bytes: undefined, used: 0, copies: [] };
    this.#slots[this.#current] = slot;
    return slot;
  }
}

interface Slot {
  readonly buffer: GPUBuffer;
  /** While its copies are on the device. */
  mapped: Promise<undefined> | undefined;
  /** Its memory, while it is filled. */
  bytes: Uint8Array | undefined;
  used: number;
  copies: {
    readonly target: GPUBuffer;
    readonly offset: number;
    readonly from: number;
    readonly bytes: number;
  }[];
}

const slotCount = 3;
