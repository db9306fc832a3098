import type { MeasuredLimits } from "../../../runtime/device/device-limits.ts";

/** Measured times of a mode; plain numbers as in `--json`. */
export interface BenchReport {
  readonly model: string;
  readonly mode: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly device: string;
  readonly runs: number;
  /** `timestamps` of the device, or the CPU's clock around a submit for each dispatch. */
  readonly clock: "timestamps" | "wall";
  /** Step of the device's clock in nanoseconds; 0 where the CPU's clock was taken. */
  readonly timestampStepNs: number;
  /** Median of whole runs: one submit each, without reading back. */
  readonly totalMs: number;
  /** The same by the device's clock, where it has one. */
  readonly deviceMs?: number | undefined;
  /** Of whole runs, by the device's clock where it has one. */
  readonly gflops: number;
  /** What micro-kernels reach on this device. */
  readonly limits?: MeasuredLimits | undefined;
  readonly kernels: readonly KernelTime[];
}

/** All dispatches of one kernel together. */
export interface KernelTime extends DispatchTimes {
  readonly name: string;
  readonly engine: string;
  readonly schedule: string;
  /** The same by the parts that it serves; those that differ in the numbers of list elements count as one. */
  readonly parts: readonly PartTime[];
}

/** `encoder.layers[0..48].attn.qkv`; empty for what stands outside of all parts. */
interface PartTime extends DispatchTimes {
  readonly part: string;
}

export interface DispatchTimes {
  readonly count: number;
  readonly timeMs: number;
  /** Of the sum of all kernels' times. */
  readonly share: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
  /** How near to the device's measured limits, where those are known. */
  readonly reached?: Reached | undefined;
  readonly places: readonly string[];
}

/** The limit that a kernel meets first if all else costs nothing, and the share of it that it reaches. */
export interface Reached {
  readonly bound: "compute" | "bandwidth";
  /** Above 1 where caches serve what counts as memory, or units that the micro-kernels do not use. */
  readonly share: number;
  /** Of the multiply-add rate and of the copy bandwidth, each by itself. */
  readonly ofCompute: number;
  readonly ofBandwidth: number;
}
