import type { Packing } from "../../artifact.ts";
import { variableId } from "../../ir/axis-ids.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import type { IntegerForm } from "../../ir/expr/integer-form.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { measuresOnce, rightsOf } from "../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../ir/kernel/flat-axes.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import { packedLength, tensorAddress } from "../../ir/kernel/tensor-address.ts";
import type { PackingOf, Schedule } from "../../ir/schedule.ts";
import { refusedLanes } from "./refusals.ts";

/**
 * Measured on a software adapter of 8 lanes: 16 rows by a vector of columns are best, and 8 steps along the
 * inner axes at once are four times slower than 4.
 */
const numbers = {
  rows: [4, 8, 16],
  unroll: 1,
  lanes: { least: 4, most: 64 },
  /** Fewer columns leave most lanes idle. */
  columnsPerLane: 1,
  /** A software device compiles this text for a quarter of a second: less work does not repay that. */
  softwareFlops: 1e6,
  /** Of tiles beside each other that share the statistics of their rows. */
  tilesPerGroup: 32,
  leastGroups: 256,
  /** What tuning tries; `accumulators` are rows times products. */
  tuning: { rows: [16, 32, 8, 24, 4], unroll: [1, 2], tilesPerGroup: [8, 128], accumulators: 32 },
};

/** Register tiles of a subgroup, operands exchanged by broadcast. */
export const contractBroadcast: Schedule<"contract-broadcast"> = {
  name: "contract-broadcast",
  apply(kernel, tensors, profile, packingOf, given) {
    const { engine } = kernel;
    const lanes = profile.subgroupSize;
    const refused = refusedLanes(profile, numbers.lanes);
    if (refused !== undefined) return refused;
    const rows = extentOfAll(engine.rows);
    const columns = extentOfAll(engine.columns);
    if (columns < lanes * numbers.columnsPerLane) return { because: "it has few columns" };
    const flops =
      2 *
      rightsOf(engine).length *
      rows *
      columns *
      extentOfAll(engine.inner) *
      extentOfAll(engine.batch);
    if (given === undefined && profile.isSoftware && flops < numbers.softwareFlops) {
      return { because: "it is too small to repay its compilation on a software device" };
    }
    const products = rightsOf(engine).length;
    const sizes = numbers.rows.filter((size) => size * products <= Math.max(...numbers.rows));
    const tile = given?.rows ?? sizes.find((size) => rows <= size) ?? sizes.at(-1);
    if (tile === undefined) return { because: "it has more products than registers hold" };
    const [rowTiles, allColumnTiles] = [Math.ceil(rows / tile), Math.ceil(columns / (4 * lanes))];
    const batch = extentOfAll(engine.batch);
    const columnTiles =
      engine.statistics === undefined || !profile.isSoftware || measuresOnce(engine, kernel.stores)
        ? 1
        : tilesPerGroup(
            allColumnTiles,
            rowTiles * batch,
            given?.tilesPerGroup ?? numbers.tilesPerGroup,
          );
    const unroll = given?.unroll ?? numbers.unroll;
    const workgroups = [rowTiles, Math.ceil(allColumnTiles / columnTiles), batch] as const;
    if (workgroups.some((count) => count > profile.maxComputeWorkgroupsPerDimension)) {
      return { because: "it has more tiles along one dimension than the device dispatches" };
    }
    return {
      kernel,
      nest: { kind: "contract-broadcast", lanes, rows: tile, unroll, columnTiles },
      workgroupSize: lanes,
      workgroups: workgroups.includes(0) ? [0, 0, 0] : workgroups,
      packings: rightsOf(engine).flatMap((right) =>
        wantedPackings(right, engine, tensors, packingOf),
      ),
    };
  },
  tuning: {
    candidates({ engine, stores }, { isSoftware }) {
      const { rows, unroll, tilesPerGroup, accumulators } = numbers.tuning;
      const products = rightsOf(engine).length;
      const fitting = rows.filter((size) => size * products <= accumulators);
      const unrolled = isSoftware ? unroll.slice(0, 1) : unroll;
      const plain = unrolled.flatMap((steps) =>
        fitting.map((size) => ({ rows: size, unroll: steps })),
      );
      if (engine.statistics === undefined || !isSoftware || measuresOnce(engine, stores))
        return plain;
      const [size = 4] = fitting;
      return [
        ...plain,
        ...tilesPerGroup.map((tiles) => ({ rows: size, unroll: 1, tilesPerGroup: tiles })),
      ];
    },
    tile({ rows, lanes }) {
      const left = Math.ceil(rows / lanes) / (4 * rows);
      return { rows, columns: 4 * lanes, loads: 1 / rows + left };
    },
  },
};

/**
 * As many tiles for one measuring of their rows as leave enough workgroups for every core, evenly.
 */
function tilesPerGroup(tiles: number, others: number, most: number): number {
  const groups = Math.max(
    Math.ceil(tiles / most),
    Math.min(tiles, Math.ceil(numbers.leastGroups / Math.max(1, others))),
  );
  return Math.max(1, Math.ceil(tiles / Math.max(1, groups)));
}

/** A right operand that lies by column is better turned round once, when it is loaded. */
function wantedPackings(
  right: Expr,
  engine: Engine<"contract">,
  tensors: readonly KernelTensor[],
  packingOf: PackingOf,
): { tensor: number; packing: Packing }[] {
  if (right.kind !== "load" || packingOf(right.tensor) !== undefined) return [];
  const tensor = tensors.find(({ id }) => id === right.tensor);
  if (tensor?.role !== "parameter") return [];
  const column = {
    kind: "axis",
    axis: variableId(-1),
    extent: extentOfAll(engine.columns),
    type: "i32",
  } as const;
  const inner = {
    kind: "axis",
    axis: variableId(-2),
    extent: extentOfAll(engine.inner),
    type: "i32",
  } as const;
  const positions = new Map([
    ...unflatten(engine.columns, column),
    ...unflatten(engine.inner, inner),
  ]);
  const place = makeRewriter((leaf) =>
    leaf.kind === "axis" ? positions.get(leaf.axis) : undefined,
  );
  const address = tensorAddress(tensor, right.at.map(place), undefined);
  const length = coefficientOf(address, column);
  if (length < inner.extent || coefficientOf(address, inner) !== 1) return [];
  const lines = packedLength(tensor, undefined) / length;
  if (!Number.isInteger(lines)) return [];
  const stride = 4 * Math.ceil(lines / 4);
  return [
    { tensor: tensor.id, packing: { kind: "transposed", rows: lines, columns: length, stride } },
  ];
}

function coefficientOf(form: IntegerForm, axis: Expr): number {
  return form.terms.find(({ atom }) => atom === axis)?.coefficient ?? 0;
}
