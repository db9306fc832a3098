import type { Axis, StoredDimension } from "../../ir/graph/graph.ts";

/** Sizes that the axes of a grid have in a file, by axis. */
export type GridSizes = ReadonlyMap<Axis, number>;

/**
 * How large the grid `over` is in a tensor of shape `found`, where `dimensions` says how the parameter is
 * stored now. Dimensions of size 1 do not count. Where one stored dimension holds several axes of the
 * grid, the grid of the file has the proportions of the present one. Undefined where no grid fits.
 */
export function gridInFile(
  dimensions: readonly StoredDimension[],
  over: readonly Axis[],
  found: readonly number[],
  sizeOf: (axis: Axis) => number,
): GridSizes | undefined {
  const sizes = new Map<Axis, number>();
  const open = dimensions.filter(
    (dimension) => dimensionSize(dimension, sizeOf) !== 1 || holdsAny(dimension, over),
  );
  const given = found.filter((size) => size !== 1);
  if (open.length !== given.length) return undefined;
  for (const [position, dimension] of open.entries()) {
    const size = given[position] ?? 0;
    const inside = over.filter((axis) => holds(dimension, axis));
    if (inside.length === 0) {
      if (size !== dimensionSize(dimension, sizeOf)) return undefined;
      continue;
    }
    const [count, others] = gridPart(dimension, inside, size, sizeOf);
    const grid = proportional(inside.map(sizeOf), count / others);
    if (grid === undefined) return undefined;
    for (const [turn, axis] of inside.entries()) sizes.set(axis, grid[turn] ?? 0);
  }
  return sizes;
}

/** Elements of the dimension that are the grid's, and the product of other axes among them. */
function gridPart(
  dimension: StoredDimension,
  inside: readonly Axis[],
  size: number,
  sizeOf: (axis: Axis) => number,
): readonly [number, number] {
  const product = (axes: readonly Axis[]): number =>
    axes.reduce((all, axis) => all * sizeOf(axis), 1);
  const [first] = dimension.axes;
  const segments = dimension.axes.length === 1 ? first?.segments : undefined;
  const segment = segments?.find((axes) => inside.every((axis) => axes.includes(axis)));
  if (segments === undefined || segment === undefined) {
    return [size, product(dimension.axes.filter((axis) => !inside.includes(axis)))];
  }
  const elsewhere = segments
    .filter((axes) => axes !== segment)
    .reduce((all, axes) => all + product(axes), 0);
  return [size - elsewhere, product(segment.filter((axis) => !inside.includes(axis)))];
}

/** Whole numbers in the proportion of `sizes` whose product is `count`. */
function proportional(sizes: readonly number[], count: number): readonly number[] | undefined {
  const all = sizes.reduce((product, size) => product * size, 1);
  const factor = (count / all) ** (1 / sizes.length);
  const grid = sizes.map((size) => Math.round(size * factor));
  const isWhole = grid.reduce((product, size) => product * size, 1) === count;
  return count > 0 && isWhole ? grid : undefined;
}

function holds(dimension: StoredDimension, axis: Axis): boolean {
  return dimension.axes.some(
    (one) => one === axis || (one.segments ?? []).some((segment) => segment.includes(axis)),
  );
}

function holdsAny(dimension: StoredDimension, axes: readonly Axis[]): boolean {
  return axes.some((axis) => holds(dimension, axis));
}

export function dimensionSize(dimension: StoredDimension, sizeOf: (axis: Axis) => number): number {
  return dimension.axes.reduce((product, axis) => product * sizeOf(axis), 1);
}
