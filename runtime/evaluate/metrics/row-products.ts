// Scalar products of all rows of two matrices, a block at a time.

/**
 * Products [left, right] of the rows of [left, width] and [right, width], times `factor`. Each is summed in double
 * precision by rising column and rounded once, however the rows are put into blocks.
 */
export function rowProducts(
  left: Float32Array,
  right: Float32Array,
  width: number,
  factor = 1,
): Float32Array {
  const [rows, columns] = [left.length / width, right.length / width];
  const result = new Float32Array(rows * columns);
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let column = 0;
    for (; column + 2 <= columns; column += 2)
      tile(left, row * width, right, column * width, width, factor, result, row * columns + column);
    for (; column < columns; column++)
      for (let one = row; one < row + 4; one++)
        result[one * columns + column] = factor * product(left, one, right, column, width);
  }
  for (; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[row * columns + column] = factor * product(left, row, right, column, width);
  return result;
}

function product(
  left: Float32Array,
  row: number,
  right: Float32Array,
  column: number,
  width: number,
): number {
  let sum = 0;
  for (let index = 0; index < width; index++)
    sum += (left[row * width + index] ?? 0) * (right[column * width + index] ?? 0);
  return sum;
}

/** Four rows by two: eight sums that do not wait for each other, from six numbers that are read. */
function tile(
  left: Float32Array,
  at: number,
  right: Float32Array,
  from: number,
  width: number,
  factor: number,
  result: Float32Array,
  place: number,
): void {
  let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let index = 0; index < width; index++) {
    const a = right[from + index] ?? 0;
    const b = right[from + width + index] ?? 0;
    const first = left[at + index] ?? 0;
    const second = left[at + width + index] ?? 0;
    const third = left[at + 2 * width + index] ?? 0;
    const fourth = left[at + 3 * width + index] ?? 0;
    a0 += first * a;
    b0 += first * b;
    a1 += second * a;
    b1 += second * b;
    a2 += third * a;
    b2 += third * b;
    a3 += fourth * a;
    b3 += fourth * b;
  }
  const columns = (result.length * width) / left.length;
  for (const [row, sum] of [a0, a1, a2, a3].entries()) result[place + row * columns] = factor * sum;
  for (const [row, sum] of [b0, b1, b2, b3].entries())
    result[place + row * columns + 1] = factor * sum;
}
