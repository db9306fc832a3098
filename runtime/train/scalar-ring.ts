import type { Device } from "../device/device.ts";
import { bufferUsage, mapMode } from "../device/gpu-constants.ts";
import type { DeviceTensor } from "../execute/device-tensor.ts";
import { InternalError } from "../internal-error.ts";

/** The scalars of one step, in the order in which they were named. */
export interface ScalarRow<Tag> {
  readonly tag: Tag;
  readonly values: readonly number[];
}

/**
 * Scalars of many steps on their way back: each step copies its own to a row of a buffer, and a buffer is mapped when
 * its rows are full or a second has passed. While one is being mapped the other takes the rows of further steps, so
 * that the device always has work, and never more than the rows of both.
 */
export class ScalarRing<Tag> {
  readonly #device: Device;
  readonly #scalars: readonly DeviceTensor[];
  readonly #rows: number;
  readonly #halves: readonly [GPUBuffer, GPUBuffer];
  #current: 0 | 1 = 0;
  #tags: Tag[] = [];
  #pending: { readonly buffer: GPUBuffer; readonly tags: readonly Tag[] } | undefined;
  #mapped: Promise<undefined> | undefined;
  #turnedAt = performance.now();

  private constructor(
    device: Device,
    scalars: readonly DeviceTensor[],
    rows: number,
    halves: readonly [GPUBuffer, GPUBuffer],
  ) {
    this.#device = device;
    this.#scalars = scalars;
    this.#rows = rows;
    this.#halves = halves;
  }

  /** `scalars` are f32, where a step leaves them. */
  static async create<Tag>(
    device: Device,
    scalars: readonly DeviceTensor[],
    rows: number,
  ): Promise<ScalarRing<Tag>> {
    if (scalars.some(({ bytes, storage }) => bytes !== 4 || storage !== "f32"))
      throw new InternalError("only scalars in f32 are logged");
    const size = Math.max(4, 4 * rows * scalars.length);
    const usage = bufferUsage.mapRead | bufferUsage.copyTarget;
    const half = (n: number) => device.gpu.createBuffer({ label: `metrics ${n}`, size, usage });
    const halves = await device.attempt(
      "allocating the buffers for metrics",
      () => [half(0), half(1)] as const,
    );
    return new ScalarRing(device, scalars, rows, halves);
  }

  /** Copies the scalars behind the step that makes them. There must be room: `take` after each step makes it. */
  encode(encoder: GPUCommandEncoder, tag: Tag): void {
    const start = 4 * this.#scalars.length * this.#tags.length;
    const target = this.#halves[this.#current];
    for (const [n, { buffer, offset }] of this.#scalars.entries())
      encoder.copyBufferToBuffer(buffer, offset, target, start + 4 * n, 4);
    this.#tags.push(tag);
  }

  /** After each submit: rows that have come back, none as long as others may still follow. */
  async take(): Promise<readonly ScalarRow<Tag>[]> {
    const isDue = this.#tags.length >= this.#rows || performance.now() - this.#turnedAt >= waitMs;
    return isDue ? this.#turn() : [];
  }

  /** All rows that are on their way. */
  async flush(): Promise<readonly ScalarRow<Tag>[]> {
    return [...(await this.#turn()), ...(await this.#turn())];
  }

  /** Waits for the buffer that is being mapped, and has the other one mapped. */
  async #turn(): Promise<readonly ScalarRow<Tag>[]> {
    const rows = await this.#arrived();
    this.#turnedAt = performance.now();
    if (this.#tags.length === 0) return rows;
    const buffer = this.#halves[this.#current];
    this.#pending = { buffer, tags: this.#tags };
    this.#mapped = buffer.mapAsync(mapMode.read);
    // Who waits for it hears of a failure; a disposal cuts it off.
    this.#mapped.catch(() => undefined);
    this.#tags = [];
    this.#current = this.#current === 0 ? 1 : 0;
    return rows;
  }

  async #arrived(): Promise<readonly ScalarRow<Tag>[]> {
    if (this.#pending === undefined || this.#mapped === undefined) return [];
    const { buffer, tags } = this.#pending;
    await this.#device.wait(this.#mapped);
    this.#pending = undefined;
    const numbers = new Float32Array(buffer.getMappedRange().slice(0));
    buffer.unmap();
    const width = this.#scalars.length;
    return tags.map((tag, row) => ({
      tag,
      values: [...numbers.subarray(row * width, (row + 1) * width)],
    }));
  }

  dispose(): void {
    for (const buffer of this.#halves) buffer.destroy();
  }
}

/** How late a log may be. */
const waitMs = 1000;
