/**
 * What the compiler must know of a device. Filled from an adapter's limits by the runtime; the portable
 * profile (WebGPU's guaranteed limits) serves where no device is at hand, as in `weft inspect`.
 */
export interface DeviceProfile {
  readonly name: string;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly minStorageBufferOffsetAlignment: number;
  /** 0 where the device has no subgroups or their size is not fixed. */
  readonly subgroupSize: number;
  readonly hasF16: boolean;
  /** Rasterises on the CPU: barriers are dear, memory is shared, lanes are SIMD lanes. */
  readonly isSoftware: boolean;
  /** Products of small matrices that a subgroup computes at once; empty where the device has none. */
  readonly subgroupMatrices: readonly SubgroupMatrix[];
  /** Choices that were measured on this device; without it, or where it says nothing, schedules choose. */
  readonly tuned?: TunedTable;
}

/** Numbers of a schedule by name: tile sizes, unrolling. What they mean is the schedule's own affair. */
export type ScheduleNumbers = Readonly<Record<string, number>>;

/** A schedule by name and the numbers that it is to use. */
export interface ScheduleChoice {
  readonly schedule: string;
  readonly numbers: ScheduleNumbers;
}

/** A choice that was measured to be faster than what the schedules choose by themselves. */
export interface TunedChoice extends ScheduleChoice {
  readonly microseconds: number;
  /** What the schedules' own choice took in the same measurement. */
  readonly heuristicMicroseconds: number;
}

/** By the key of `5-schedule/tuned-table.ts`. */
export type TunedTable = Readonly<Record<string, TunedChoice>>;

/** `rows` by `inner` times `inner` by `columns`, in these types. */
export interface SubgroupMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly operand: "f16" | "f32";
  readonly result: "f16" | "f32";
}

export const portableProfile: DeviceProfile = {
  name: "portable",
  maxStorageBufferBindingSize: 134217728,
  maxBufferSize: 268435456,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  minStorageBufferOffsetAlignment: 256,
  subgroupSize: 0,
  hasF16: false,
  isSoftware: false,
  subgroupMatrices: [],
};
