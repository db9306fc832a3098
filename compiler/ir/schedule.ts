import type { Packing } from "../artifact.ts";
import type { DeviceProfile, ScheduleNumbers, SubgroupMatrix } from "./device-profile.ts";
import type { Kernel, KernelTensor } from "./kernel/kernel.ts";

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
export interface ScheduledKernel {
  readonly kernel: Kernel;
  /** Name of the schedule's file, for people. */
  readonly schedule: string;
  readonly nest: LoopNest;
  /** Invocations along x; schedules use no other dimension. */
  readonly workgroupSize: number;
  readonly workgroups: readonly [number, number, number];
  /** How parameters should lie for this schedule to be fast. It is right with any packing. */
  readonly packings: readonly { readonly tensor: number; readonly packing: Packing }[];
  /** Schedules that stood before this one and why they refused. */
  readonly refusals: readonly { readonly schedule: string; readonly because: string }[];
}

/** The loop nests that the emitter can print: a closed set, each with its tile numbers. */
export type LoopNest =
  /** One invocation per `vector` elements of the flattened grid; rows of workgroups fold at `groupsPerLine`. */
  | { readonly kind: "map"; readonly vector: 1 | 4; readonly groupsPerLine: number }
  /** One invocation per row. */
  | { readonly kind: "row-invocation"; readonly vector: 1 | 4; readonly groupsPerLine: number }
  /** One subgroup per row, workgroup = subgroup: its lanes stride over the row and combine by subgroup operations. */
  | { readonly kind: "row-subgroup"; readonly vector: 1 | 4; readonly groupsPerLine: number }
  /** One workgroup per row, whose invocations stride over it and combine in shared memory. */
  | { readonly kind: "row-workgroup"; readonly vector: 1 | 4; readonly groupsPerLine: number }
  /** One invocation per row and `vector` neighbouring columns. */
  | { readonly kind: "contract-direct"; readonly vector: 1 | 4; readonly groupsPerLine: number }
  /**
   * Workgroup = subgroup of `lanes`. Lane l loads 4 steps of `inner` of row l of the left operand and hands
   * them to all lanes by broadcast; every lane owns 4 columns and `rows` rows of accumulators.
   */
  | {
      readonly kind: "contract-broadcast";
      readonly lanes: number;
      readonly rows: number;
      /** Groups of 4 steps in one turn of the loop. */
      readonly unroll: number;
      /** Tiles that one workgroup computes beside each other: it measures its rows once for all of them. */
      readonly columnTiles: number;
    }
  /**
   * Workgroup = subgroup of `lanes`: `turns` times all rows and four columns, the lanes striding over the
   * inner axes by `run` times `vector` elements each.
   */
  | {
      readonly kind: "contract-vector";
      readonly lanes: number;
      readonly vector: 1 | 4;
      /** A lane takes so many vectors behind each other: weights of few bits come several at a time. */
      readonly run: 1 | 2 | 4;
      readonly turns: number;
      /** One product after the other, where registers hold the sums of one only. */
      readonly isInTurn: boolean;
    }
  /**
   * A tile of `rows` by `columns` per workgroup. Each invocation owns `own.rows` by `own.columns` of it;
   * strips of the operands, `steps` inner positions long, lie in workgroup memory.
   */
  | {
      readonly kind: "contract-tiled";
      readonly rows: number;
      readonly columns: number;
      readonly steps: number;
      readonly own: { readonly rows: number; readonly columns: number };
    }
  /**
   * The same with a subgroup for each `own.rows` by `own.columns`, multiplied as matrices of the device.
   * Results leave through workgroup memory, `strip` columns of each subgroup at a time.
   */
  | {
      readonly kind: "contract-subgroup-matrix";
      readonly matrix: SubgroupMatrix;
      readonly rows: number;
      readonly columns: number;
      readonly steps: number;
      readonly own: { readonly rows: number; readonly columns: number };
      readonly strip: number;
    }
  /** One invocation per query row, online softmax. */
  | { readonly kind: "attend-direct"; readonly groupsPerLine: number }
  /** Workgroup = subgroup of `lanes`: `rows` query rows, 4 keys per lane at a time, broadcasts in both products. */
  | { readonly kind: "attend-broadcast"; readonly lanes: number; readonly rows: number }
  /**
   * Workgroup = subgroup of `lanes`: all of the few queries (`rows`) of one batch element, 4 keys per lane
   * at a time, in order and without barriers.
   */
  | { readonly kind: "attend-few"; readonly lanes: number; readonly rows: number }
  /**
   * A workgroup for all of the few queries (`rows`) of one batch element: a key per invocation at a time,
   * then four columns of some keys, combined in shared memory.
   */
  | { readonly kind: "attend-split"; readonly rows: number }
  /**
   * 8 x 8 invocations for `8 * rows` queries and tiles of 32 keys in shared memory: each has `rows` queries,
   * 4 keys of each tile and 4 of every 32 columns.
   */
  | { readonly kind: "attend-tiled"; readonly rows: number }
  /** One invocation per element of the target, looking through the updates. */
  | { readonly kind: "scatter"; readonly groupsPerLine: number };

/** The packing that is already decided for a parameter; `undefined`: not yet, a schedule may ask for one. */
export type PackingOf = (tensor: number) => Packing | undefined;

/**
 * One file of `5-schedule/schedules`. It accepts a kernel or says why it does not; the last one of an
 * engine accepts everything.
 */
export interface Schedule {
  readonly name: string;
  /** `given` are numbers to use instead of its own: one of its `candidates`, or it refuses. */
  readonly apply: (
    kernel: Kernel,
    tensors: readonly KernelTensor[],
    profile: DeviceProfile,
    packingOf: PackingOf,
    given?: ScheduleNumbers,
  ) => Omit<ScheduledKernel, "schedule" | "refusals"> | { readonly because: string };
  /**
   * Numbers worth measuring for such a kernel, a few of them, likely ones first. They depend on the kernel's
   * sizes only as far as the key of the tuned table does. A schedule without them is not tuned.
   */
  readonly candidates?: (kernel: Kernel, profile: DeviceProfile) => readonly ScheduleNumbers[];
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
