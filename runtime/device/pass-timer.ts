import type { Device } from "./device.ts";
import { bufferUsage, mapMode } from "./gpu-constants.ts";

/** When a pass began and ended on the device's clock, in nanoseconds from nobody knows when. */
export interface PassStamps {
  readonly begin: bigint;
  readonly end: bigint;
}

/** A set of timestamps holds at most 4096. */
export const passesPerTimer = 2048;

/** Stamps compute passes by the device's own clock. Made once and used for any number of submits. */
export class PassTimer {
  readonly #device: Device;
  readonly #querySet: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  private constructor(device: Device, passes: number) {
    this.#device = device;
    this.#querySet = device.gpu.createQuerySet({ type: "timestamp", count: passes * 2 });
    const size = passes * bytesPerPass;
    this.#resolved = device.gpu.createBuffer({
      size,
      usage: bufferUsage.queryResolve | bufferUsage.copySource,
    });
    this.#staging = device.gpu.createBuffer({
      size,
      usage: bufferUsage.mapRead | bufferUsage.copyTarget,
    });
  }

  /** `undefined` where the device has no clock to ask. */
  static create(device: Device, passes: number): PassTimer | undefined {
    if (!device.features.has("timestamp-query")) return undefined;
    return new PassTimer(device, Math.min(passesPerTimer, Math.max(1, passes)));
  }

  /** Goes into the descriptor of the pass with this number. */
  writes(pass: number): GPUComputePassTimestampWrites {
    return {
      querySet: this.#querySet,
      beginningOfPassWriteIndex: pass * 2,
      endOfPassWriteIndex: pass * 2 + 1,
    };
  }

  /** Behind the last of `passes` passes, in the same encoder. */
  resolve(encoder: GPUCommandEncoder, passes: number): void {
    encoder.resolveQuerySet(this.#querySet, 0, passes * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, passes * bytesPerPass);
  }

  /** After the submit; ends when the passes have. */
  async read(passes: number): Promise<readonly PassStamps[]> {
    await this.#device.wait(this.#staging.mapAsync(mapMode.read, 0, passes * bytesPerPass));
    const stamps = new BigUint64Array(
      this.#staging.getMappedRange(0, passes * bytesPerPass),
    ).slice();
    this.#staging.unmap();
    return Array.from({ length: passes }, (_, pass) => ({
      begin: stamps[pass * 2] ?? 0n,
      end: stamps[pass * 2 + 1] ?? 0n,
    }));
  }

  dispose(): void {
    this.#querySet.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}

const bytesPerPass = 16;
