import type { Packing } from "../artifact.ts";
import type { DeviceProfile, ScheduleNumbers } from "./device-profile.ts";
import type { Kernel } from "./kernel/kernel.ts";
import type { KernelTensor } from "./kernel/kernel-tensor.ts";
import type { EngineOf, LoopNest, NestKind } from "./loop-nests.ts";

/**
 * A kernel with every decision that WGSL needs: which loop nest runs it, its tile numbers, the size of a
 * workgroup and how many there are. Chosen by `5-schedule`, printed by `6-emit`; no text here.
 *
 * How storage maps to WGSL. f32, i32 and u32 are arrays of themselves; a bool tensor is stored as u32.
 * f16 is `array<f16>` where the profile has f16. Without it a 16-bit tensor is read-only (parameters,
 * constants, inputs) and lies as two elements per u32; the plan must declare intermediates and outputs
 * as f32 there. bf16 is always two per u32 and read-only. i8 and i4 are four and eight per u32, the first
 * in the lowest bits, signed; they are parameters, row-major. Every binding's size is a multiple of 4 bytes.
 */
export interface ScheduledKernel<N extends NestKind = NestKind> {
  readonly kernel: Kernel<EngineOf<N>>;
  /** Name of the schedule's file, for people. */
  readonly schedule: string;
  readonly nest: LoopNest<N>;
  /** Invocations along x; schedules use no other dimension. */
  readonly workgroupSize: number;
  readonly workgroups: readonly [number, number, number];
  /** How parameters should lie for this schedule to be fast. It is right with any packing. */
  readonly packings: readonly { readonly tensor: number; readonly packing: Packing }[];
  /** Schedules that stood before this one and why they refused. */
  readonly refusals: readonly { readonly schedule: string; readonly because: string }[];
}

/** The packing that is already decided for a parameter; `undefined`: not yet, a schedule may ask for one. */
export type PackingOf = (tensor: number) => Packing | undefined;

/**
 * One file of `5-schedule/schedules`: numbers for a loop nest of kind `N`, or why a kernel gets none. The
 * last one of an engine accepts everything.
 */
export interface Schedule<N extends NestKind = NestKind> {
  readonly name: string;
  /** `given` are numbers to use instead of its own: one of its candidates, or it refuses. */
  apply(
    kernel: Kernel<EngineOf<N>>,
    tensors: readonly KernelTensor[],
    profile: DeviceProfile,
    packingOf: PackingOf,
    given?: ScheduleNumbers,
  ): Applied<N> | Refusal;
  /** Absent: its numbers are not worth measuring. */
  readonly tuning?: Tuning<N>;
}

type Applied<N extends NestKind> = Omit<ScheduledKernel<N>, "schedule" | "refusals">;

interface Refusal {
  readonly because: string;
}

interface Tuning<N extends NestKind> {
  /**
   * Numbers worth measuring for such a kernel, a few of them, likely ones first. They depend on the kernel's
   * sizes only as far as the key of the tuned table does.
   */
  candidates(kernel: Kernel<EngineOf<N>>, profile: DeviceProfile): readonly ScheduleNumbers[];
  /** What a model of the time that it takes needs to know. */
  tile(nest: LoopNest<N>, grid: ResultGrid): Tile;
}

/** The results of a kernel as rows and columns. */
export interface ResultGrid {
  readonly rows: number;
  readonly columns: number;
  /** How much of what is read is the operand of the rows. */
  readonly leftShare: number;
}

/** The part of the results that is computed together: what it reads serves all of it. */
interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Loads of four elements for each multiply-add of four elements. */
  readonly loads: number;
  /** Do they come from workgroup memory? */
  readonly areShared?: boolean;
  /** Are matrix units what multiplies? */
  readonly usesMatrices?: boolean;
}

/**
 * The printed kernel. The text depends on shapes, storage and packing but not on tensor numbers or names,
 * so equal layers give equal texts; `tensors` says which tensor stands at each binding.
 */
export interface EmittedKernel {
  readonly wgsl: string;
  readonly entryPoint: string;
  readonly bindings: readonly { readonly access: "read" | "read_write" }[];
  readonly tensors: readonly number[];
  readonly immediates: readonly { readonly name: string; readonly type: "f32" | "i32" | "u32" }[];
  readonly features: readonly string[];
}
