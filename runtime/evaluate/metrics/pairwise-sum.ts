// Sums in the order in which NumPy forms them, so that means over thousands of items agree to the last bit.

/** Sums of up to 128 numbers run in eight lanes; longer ones are halved at a multiple of eight. */
const blockLength = 128;
const lanes = 8;

/** The sum by pairwise summation, as `numpy.sum` does it for contiguous float64. */
export function pairwiseSum(values: ArrayLike<number>): number {
  return sumOf(values, 0, values.length);
}

/** The mean by pairwise summation; `null` without values. */
export function pairwiseMean(values: ArrayLike<number>): number | null {
  return values.length === 0 ? null : pairwiseSum(values) / values.length;
}

function sumOf(values: ArrayLike<number>, start: number, length: number): number {
  const at = (index: number): number => values[start + index] ?? 0;
  if (length < lanes) {
    let sum = 0;
    for (let index = 0; index < length; index++) sum += at(index);
    return sum;
  }
  if (length > blockLength) {
    const half = Math.floor(length / 2);
    const left = half - (half % lanes);
    return sumOf(values, start, left) + sumOf(values, start + left, length - left);
  }
  const partial = Float64Array.from({ length: lanes }, (_, lane) => at(lane));
  const whole = length - (length % lanes);
  for (let index = lanes; index < whole; index++)
    partial[index % lanes] = (partial[index % lanes] ?? 0) + at(index);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = partial;
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (let index = whole; index < length; index++) sum += at(index);
  return sum;
}
