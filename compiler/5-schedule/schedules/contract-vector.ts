import type { Packing } from "../../artifact.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../ir/kernel/flat-axes.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { loadedTensors } from "../../ir/kernel/kernel-tensors.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import { packedLength } from "../../ir/kernel/tensor-address.ts";
import type { PackingOf, Schedule } from "../../ir/schedule.ts";
import { AccessPatterns, fourPositions } from "./access-pattern.ts";
import { refusedLanes } from "./refusals.ts";

type Contract = Engine<"contract">;

const numbers = {
  /** Rows that are multiplied with each weight in registers. */
  rows: 4,
  /** On a software device two rows already keep the lanes of contract-broadcast as busy. */
  softwareRows: 1,
  /** Accumulators of four, over all rows, columns and products. */
  accumulators: 32,
  /** Products whose weights are read side by side: each is a stream of its own. */
  together: 2,
  lanes: { least: 4, most: 64 },
  /** A software device starts a workgroup for what it takes to read 4 KiB: each reads some times that. */
  softwareWeights: 16384,
  /** And it wants several for each of its threads. */
  softwareGroups: 64,
  softwareFlops: 1e5,
  /** What tuning tries: more rows than it takes by itself, and workgroups that read less or more. */
  tuning: { rows: 8, repeats: [1, 4, 16] },
};

/**
 * Few rows, as in decoding: each weight is read once, by lanes that stride over the inner axes.
 *
 * On a software adapter of two cores (GB/s of f32 weights, at full use of both, one row):
 *
 * | inner x columns | contract-vector | contract-broadcast, turned | the same, row-major |
 * |---|---|---|---|
 * | 512 x 32000 | 15.5 | 9.3 | 10.9 |
 * | 3200 x 9600 | 14.6 | 12.4 | 11.9 |
 * | 4096 x 4096 | 14.8 | 11.6 | 10.0 |
 *
 * It wants weights as checkpoints have them. contract-broadcast, which would turn them round, loses little
 * by that: 257 x 3200 x 9600 runs at 61 GFLOP/s either way, 257 x 4096 x 4096 at 48 instead of 52.
 */
export const contractVector: Schedule<"contract-vector"> = {
  name: "contract-vector",
  apply(kernel, tensors, profile, packingOf, given) {
    const { engine } = kernel;
    const lanes = profile.subgroupSize;
    const refused = refusedLanes(profile, numbers.lanes);
    if (refused !== undefined) return refused;
    const rows = extentOfAll(engine.rows);
    const products = rightsOf(engine).length;
    const usual = profile.isSoftware ? numbers.softwareRows : numbers.rows;
    const most = given === undefined ? usual : numbers.tuning.rows;
    if (rows > most) return { because: "it has many rows" };
    if (4 * rows * products > numbers.accumulators) {
      return { because: "it has more products than registers hold" };
    }
    const inner = extentOfAll(engine.inner);
    const columns = extentOfAll(engine.columns);
    const batch = extentOfAll(engine.batch);
    if (inner < lanes) return { because: "its inner axes are shorter than a subgroup" };
    const flops = 2 * products * rows * columns * inner * batch;
    if (given === undefined && profile.isSoftware && flops < numbers.softwareFlops) {
      return { because: "it is too small to repay its compilation on a software device" };
    }
    const positions = unflatten(engine.inner, fourPositions(engine.inner));
    const patterns = new AccessPatterns(tensors, packingOf);
    const loads = patterns.ofLoads(rightsOf(engine), positions);
    const isVector = inner % 4 === 0 && loads.apart === 0;
    if (profile.isSoftware && !isVector) {
      return { because: "its weights do not lie together along the inner axes" };
    }
    const vectorsPerLane = isVector
      ? vectorsAtOnce(rightsOf(engine), tensors, Math.floor(inner / lanes), inner)
      : 1;
    const groups = Math.ceil(columns / 4);
    const usualRepeats = profile.isSoftware
      ? Math.max(
          1,
          Math.min(
            Math.ceil(numbers.softwareWeights / (4 * inner * products)),
            Math.floor((groups * batch) / numbers.softwareGroups),
          ),
        )
      : 1;
    const repeats = Math.max(1, Math.min(groups, given?.repeats ?? usualRepeats));
    const isUsuallySequential = products > (profile.isSoftware ? 1 : numbers.together);
    const sequential = given === undefined ? isUsuallySequential : given.sequential === 1;
    const workgroups = [Math.ceil(groups / repeats), rows === 0 ? 0 : 1, batch] as const;
    if (workgroups.some((count) => count > profile.maxComputeWorkgroupsPerDimension)) {
      return { because: "it has more columns than the device dispatches along one dimension" };
    }
    return {
      kernel,
      nest: {
        kind: "contract-vector",
        lanes,
        vector: isVector ? 4 : 1,
        vectorsPerLane,
        repeats,
        sequential,
      },
      workgroupSize: lanes,
      workgroups: workgroups.includes(0) ? [0, 0, 0] : workgroups,
      packings: parametersOf(rightsOf(engine), tensors, packingOf).map((tensor) => {
        const packing = profile.isSoftware
          ? interleaved(engine, tensor, tensors, 4 * vectorsPerLane * lanes)
          : undefined;
        return { tensor, packing: packing ?? { kind: "row-major" } };
      }),
    };
  },
  tuning: {
    candidates({ engine }) {
      const orders = rightsOf(engine).length > 1 ? [0, 1] : [0];
      return orders.flatMap((sequential) =>
        numbers.tuning.repeats.map((repeats) => ({ repeats, sequential })),
      );
    },
    tile(_, { rows }) {
      return { rows, columns: 4, loads: 1 / Math.max(1, rows) + 1 / 4 };
    },
  },
};

/**
 * How many vectors are the 8 bytes that a lane loads at once. More of them do not pay: on llvmpipe, loads
 * of 16 bytes take 1.1 times as long for int8, and 1.15 to 1.5 times for int4.
 */
function vectorsAtOnce(
  rights: readonly Expr[],
  tensors: readonly KernelTensor[],
  perLane: number,
  inner: number,
): 1 | 2 | 4 {
  const storages = new Set(
    nodesOf(rights).flatMap((node) =>
      node.kind === "load" ? [tensors[node.tensor]?.storage] : [],
    ),
  );
  const wanted = storages.has("i4") ? ([4, 2] as const) : storages.has("i8") ? ([2] as const) : [];
  // Where the loop is so short that lanes would find nothing to do, single vectors share it better.
  return wanted.find((count) => 4 * count <= perLane && inner % (4 * count) === 0) ?? 1;
}

/** Parameters whose packing nobody has decided yet: they stay as they lie, or others turn them round. */
function parametersOf(
  rights: readonly Expr[],
  tensors: readonly KernelTensor[],
  packingOf: PackingOf,
): readonly number[] {
  return loadedTensors(rights)
    .filter((id) => packingOf(id) === undefined)
    .filter((id) => tensors.find((tensor) => tensor.id === id)?.role === "parameter");
}

/**
 * A matrix whose lines are as long as the inner axes, so that the four columns that a workgroup multiplies
 * at a time are one stretch of memory. Four short stretches leave a processor's prefetching little to go
 * by: where memory is slow to answer, 512 x 32000 takes 1.35 to 1.5 times as long from them.
 */
function interleaved(
  engine: Contract,
  id: number,
  tensors: readonly KernelTensor[],
  run: number,
): Packing | undefined {
  const inner = extentOfAll(engine.inner);
  const tensor = tensors.find((one) => one.id === id);
  if (tensor === undefined || inner % run !== 0) return undefined;
  if (packedLength(tensor, undefined) % (4 * inner) !== 0) return undefined;
  const loads = nodesOf(rightsOf(engine)).filter(
    (node) => node.kind === "load" && node.tensor === id,
  );
  const patterns = new AccessPatterns(tensors, () => undefined);
  const columns = unflatten(engine.columns, fourPositions(engine.columns));
  const isMatrix =
    patterns.haveStep(loads, columns, inner) &&
    patterns.haveStep(loads, unflatten(engine.inner, fourPositions(engine.inner)), 1);
  return isMatrix ? { kind: "interleaved", columns: inner, lines: 4, run } : undefined;
}
