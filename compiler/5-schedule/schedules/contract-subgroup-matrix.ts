import type { DeviceProfile, SubgroupMatrix } from "../../ir/device-profile.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { Schedule } from "../../ir/schedule.ts";
import { refusedSize } from "./refusals.ts";

const numbers = {
  /** Largest first: a tile of a workgroup, and the part of it that one subgroup multiplies. */
  tiles: [
    { rows: 128, columns: 128, own: { rows: 64, columns: 32 } },
    { rows: 64, columns: 64, own: { rows: 32, columns: 32 } },
    { rows: 64, columns: 64, own: { rows: 16, columns: 32 } },
  ],
  steps: [32, 16, 8],
  /** A large tile is taken only where that many of them keep a large device busy and are half full. */
  enoughTiles: 160,
  /** Matrices that a subgroup sums, over all products. */
  sums: 16,
  least: { rows: 16, columns: 16, inner: 16 },
  /** Whole numbers up to here are exact in f16. */
  exactInF16: 2048,
};

/**
 * Products of 16-bit operands by the device's matrix units, summed in f32: sums in f16 overflow in real
 * models. Never run so far, as no device at hand has them; its text is checked by Dawn.
 */
export const contractSubgroupMatrix: Schedule<"contract-subgroup-matrix"> = {
  name: "contract-subgroup-matrix",
  apply(kernel, tensors, profile, _packingOf, given) {
    const { engine } = kernel;
    const listed = profile.subgroupMatrices.filter(({ result }) => result === "f32");
    if (profile.subgroupSize === 0 || listed.length === 0) {
      return { because: "the device multiplies no matrices with sums in f32" };
    }
    const rows = extentOfAll(engine.rows);
    const columns = extentOfAll(engine.columns);
    const batch = extentOfAll(engine.batch);
    const refused = refusedSize(engine, numbers.least);
    if (refused !== undefined) return refused;
    const rights = rightsOf(engine);
    const isHalf = [engine.left, ...rights].every((operand) => isExactInF16(operand, tensors));
    const matrices = listed.filter(({ operand }) => operand === "f32" || isHalf);
    if (matrices.length === 0) return { because: "its operands are not stored in f16" };
    const statistics = engine.statistics ?? [];
    if (statistics.some(({ type }) => type !== "f32")) {
      return { because: "a statistic of its rows is no f32" };
    }
    // Matrices of f16 first, as they are several times faster where a device has both.
    const ordered = matrices.toSorted((a, b) => a.operand.localeCompare(b.operand));
    const tiles = given === undefined ? numbers.tiles : numbers.tiles.slice(given.tile).slice(0, 1);
    const fitting = ordered.flatMap((matrix) =>
      tiles.flatMap((tile) => {
        const fit = fitted(matrix, tile, rights.length, statistics.length, profile);
        if (fit === undefined) return [];
        const workgroups = [
          Math.ceil(rows / tile.rows),
          Math.ceil(columns / tile.columns),
          batch,
        ] as const;
        return [{ ...tile, matrix, ...fit, workgroups }];
      }),
    );
    const [first] = fitting;
    if (first === undefined) {
      return { because: "no tile of its matrices fits into registers and workgroup memory" };
    }
    const ofBest = fitting.filter(({ matrix }) => matrix === first.matrix);
    const chosen =
      ofBest.find(({ workgroups: [x, y, z], ...tile }) => {
        const isHalfFull = 2 * rows > tile.rows && 2 * columns > tile.columns;
        return isHalfFull && x * y * z >= numbers.enoughTiles;
      }) ??
      ofBest.find((tile) => tile.rows < 128) ??
      first;
    const { threads, workgroups, ...tile } = chosen;
    if (workgroups.some((count) => count > profile.maxComputeWorkgroupsPerDimension)) {
      return { because: "it has more tiles along one dimension than the device dispatches" };
    }
    return {
      kernel,
      nest: { kind: "contract-subgroup-matrix", ...tile },
      workgroupSize: threads,
      workgroups: workgroups.includes(0) ? [0, 0, 0] : workgroups,
      packings: [],
    };
  },
  tuning: {
    candidates() {
      return numbers.tiles.map((_, tile) => ({ tile }));
    },
    tile({ rows, columns, own }) {
      const loads = (1 / own.rows + 1 / own.columns) * 4;
      return { rows, columns, loads, areShared: true, usesMatrices: true };
    },
  },
};

/** The numbers of a tile for these matrices, or nothing where it exceeds what the device has. */
function fitted(
  matrix: SubgroupMatrix,
  { rows, columns, own }: (typeof numbers.tiles)[number],
  products: number,
  statistics: number,
  profile: DeviceProfile,
): { readonly steps: number; readonly strip: number; readonly threads: number } | undefined {
  const parts = (rows / own.rows) * (columns / own.columns);
  const threads = parts * profile.subgroupSize;
  const isWhole = own.rows % matrix.rows === 0 && own.columns % matrix.columns === 0;
  const sums = (own.rows / matrix.rows) * (own.columns / matrix.columns) * products;
  if (!isWhole || sums > numbers.sums) return undefined;
  if (threads > profile.maxComputeInvocationsPerWorkgroup) return undefined;
  const bytes = matrix.operand === "f16" ? 2 : 4;
  for (const steps of numbers.steps) {
    if (steps % matrix.inner !== 0) continue;
    // Each invocation loads one block of four by four.
    if ((Math.max(rows, columns) / 4) * (steps / 4) > threads) continue;
    for (const strip of [own.columns, matrix.columns]) {
      const vectors = (parts * matrix.rows * strip) / 4;
      // Statistics are gathered where results will be, and kept beside them.
      const isRoomy = statistics * (steps / 4) * (rows / 4) <= vectors;
      const memory =
        bytes * steps * (rows + products * columns) +
        16 * vectors * products +
        4 * statistics * rows;
      if (isRoomy && memory <= profile.maxComputeWorkgroupStorageSize) {
        return { steps, strip, threads };
      }
    }
  }
  return undefined;
}

/** Does rounding its values to f16 change none of them? */
function isExactInF16(expr: Expr, tensors: readonly KernelTensor[]): boolean {
  switch (expr.kind) {
    case "load":
      return tensors.find(({ id }) => id === expr.tensor)?.storage === "f16";
    case "constant":
      return Number.isInteger(expr.value) && Math.abs(expr.value) <= numbers.exactInF16;
    case "select":
      return [expr.then, expr.otherwise].every((part) => isExactInF16(part, tensors));
    case "call":
      if (expr.fn === "round_f16") return true;
      return (
        exactCalls.has(expr.fn) && expr.args.every((argument) => isExactInF16(argument, tensors))
      );
    default:
      return false;
  }
}

const exactCalls: ReadonlySet<string> = new Set(["neg", "abs", "min", "max"]);
