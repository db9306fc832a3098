// Segmentation by windows a second time: every step as its definition says, in double precision.

/** Planes [channel][row][column]. */
type Planes = readonly (readonly (readonly number[])[])[];

const range = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

/** Between the four nearest pixels, where the centres of both grids lie upon each other; edges are repeated. */
export function slowResize(planes: Planes, height: number, width: number): Planes {
  return planes.map((plane) => {
    const [rows, columns] = [plane.length, plane[0]?.length ?? 0];
    const at = (row: number, column: number): number =>
      plane[Math.min(Math.max(row, 0), rows - 1)]?.[Math.min(Math.max(column, 0), columns - 1)] ??
      0;
    return range(height).map((row) => {
      const y = ((row + 0.5) * rows) / height - 0.5;
      const [top, down] = [Math.floor(y), y - Math.floor(y)];
      return range(width).map((column) => {
        const x = ((column + 0.5) * columns) / width - 0.5;
        const [left, right] = [Math.floor(x), x - Math.floor(x)];
        return (
          (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
          down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1))
        );
      });
    });
  });
}

/** A part of planes, and the same as one row of numbers. */
export function slowWindow(planes: Planes, top: number, left: number, side: number): Float32Array {
  return Float32Array.from(
    planes.flatMap((plane) =>
      plane.slice(top, top + side).flatMap((row) => row.slice(left, left + side)),
    ),
  );
}

/** The mean at each pixel of the windows that cover it. */
export function slowMean(
  windows: readonly { readonly left: number; readonly scores: Float32Array }[],
  channels: number,
  side: number,
  width: number,
): Planes {
  return range(channels).map((channel) =>
    range(side).map((row) =>
      range(width).map((column) => {
        const own = windows.flatMap(({ left, scores }) =>
          column >= left && column < left + side
            ? [scores[(channel * side + row) * side + column - left] ?? 0]
            : [],
        );
        return own.reduce((sum, value) => sum + value, 0) / own.length;
      }),
    ),
  );
}
