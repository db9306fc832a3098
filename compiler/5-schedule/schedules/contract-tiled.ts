import type { ScheduleNumbers } from "../../ir/device-profile.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { refusedSize } from "./refusals.ts";

const numbers = {
  /** Largest first: rows and columns of a tile, and the part of it that one invocation owns. */
  tiles: [
    { rows: 128, columns: 128, own: { rows: 8, columns: 8 }, steps: [16, 8] },
    { rows: 64, columns: 64, own: { rows: 4, columns: 4 }, steps: [32, 16, 8] },
    { rows: 32, columns: 64, own: { rows: 4, columns: 4 }, steps: [32, 16, 8] },
  ],
  /** A large tile is taken only where that many of them keep a large device busy and are half full. */
  enoughTiles: 160,
  /** Accumulators of an invocation, over all products. */
  accumulators: 64,
  /** Less than this leaves most of the smallest tile idle. */
  least: { rows: 8, columns: 16, inner: 16 },
  /** Each takes a quarter of the left operand's memory at the end. */
  statistics: 4,
};

/** Tiles in workgroup memory and blocks in registers: what hardware is built for. */
export const contractTiled: Schedule<"contract-tiled"> = {
  name: "contract-tiled",
  apply(kernel, _tensors, profile, _packingOf, given) {
    const { engine } = kernel;
    if (profile.isSoftware) return { because: "barriers are dear on a software device" };
    const rows = extentOfAll(engine.rows);
    const columns = extentOfAll(engine.columns);
    const batch = extentOfAll(engine.batch);
    const refused = refusedSize(engine, numbers.least);
    if (refused !== undefined) return refused;
    const statistics = engine.statistics ?? [];
    if (statistics.some(({ type }) => type !== "f32")) {
      return { because: "a statistic of its rows is no f32" };
    }
    if (statistics.length > numbers.statistics) {
      return { because: "it has more statistics than workgroup memory is left for" };
    }
    const products = rightsOf(engine).length;
    const tiles = given === undefined ? numbers.tiles : numbers.tiles.filter(isGiven(given));
    const fitting = tiles.flatMap((tile) => {
      const { own } = tile;
      const threads = (tile.rows / own.rows) * (tile.columns / own.columns);
      const bytesPerStep = 4 * (tile.rows + products * tile.columns);
      const steps = tile.steps.find(
        (count) =>
          (given === undefined || count === given.steps) &&
          count * bytesPerStep <= profile.maxComputeWorkgroupStorageSize,
      );
      const isFitting =
        own.rows * own.columns * products <= numbers.accumulators &&
        threads <= profile.maxComputeInvocationsPerWorkgroup;
      if (steps === undefined || !isFitting) return [];
      const workgroups = [
        Math.ceil(rows / tile.rows),
        Math.ceil(columns / tile.columns),
        batch,
      ] as const;
      return [{ rows: tile.rows, columns: tile.columns, own, steps, threads, workgroups }];
    });
    const smallest = fitting.at(-1);
    if (smallest === undefined) {
      return { because: "its products need more registers or workgroup memory than there is" };
    }
    const isWorthIt = ({ workgroups: [x, y, z], ...tile }: typeof smallest): boolean =>
      x * y * z >= numbers.enoughTiles && 2 * rows > tile.rows && 2 * columns > tile.columns;
    const { threads, workgroups, ...tile } = fitting.find(isWorthIt) ?? smallest;
    if (workgroups.some((count) => count > profile.maxComputeWorkgroupsPerDimension)) {
      return { because: "it has more tiles along one dimension than the device dispatches" };
    }
    return {
      kernel,
      nest: { kind: "contract-tiled", ...tile },
      workgroupSize: threads,
      workgroups: workgroups.includes(0) ? [0, 0, 0] : workgroups,
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return numbers.tiles.flatMap(({ rows, columns, steps }) =>
        steps.slice(0, 2).map((count) => ({ rows, columns, steps: count })),
      );
    },
    tile({ rows, columns, own }) {
      return { rows, columns, loads: (1 / own.rows + 1 / own.columns) * 4, areShared: true };
    },
  },
};

function isGiven({ rows, columns }: ScheduleNumbers) {
  return (tile: { readonly rows: number; readonly columns: number }): boolean =>
    tile.rows === rows && tile.columns === columns;
}
