export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Infinite where the sizes differ or a number is none. */
export function largestDifference(values, expected) {
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(0, ...expected.map((value, i) => Math.abs(values[i] - value)));
  return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest;
}

/** Norm of the difference over the norm; infinite where the sizes differ or a number is none. */
export function relativeError(values, expected) {
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i += 1) {
    difference += (values[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  const error = Math.sqrt(difference / norm);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/**
 * The sum of `coefficient * at ^ power` that is nearest to the values, each weighed by its own size, so that
 * small ones count as much as large ones. `rSquared` is the share of the variance that it explains.
 */
export function leastSquares(at, values, powers) {
  const weights = values.map((value) => 1 / Math.max(Math.abs(value), Number.MIN_VALUE));
  const row = (x) => powers.map((power) => x ** power);
  const system = powers.map((_, i) => [
    ...powers.map((_, j) => sum(at, (x, k) => weights[k] ** 2 * row(x)[i] * row(x)[j])),
    sum(at, (x, k) => weights[k] ** 2 * row(x)[i] * values[k]),
  ]);
  const coefficients = solve(system);
  const predict = (x) => sum(row(x), (term, i) => coefficients[i] * term);
  const mean = sum(values, (value) => value) / values.length;
  const left = sum(values, (value, k) => (value - predict(at[k])) ** 2);
  const whole = sum(values, (value) => (value - mean) ** 2);
  const largest = Math.max(
    ...values.map((value, k) => Math.abs(value - predict(at[k])) * weights[k]),
  );
  const isExact = left <= 1e-18 * sum(values, (value) => value ** 2);
  return {
    coefficients,
    powers,
    predict,
    rSquared: isExact ? 1 : 1 - left / whole,
    largestMiss: largest,
  };
}

/** Gaussian elimination with the largest pivot; the last column is the right side. */
function solve(system) {
  const rows = system.map((row) => [...row]);
  for (let pivot = 0; pivot < rows.length; pivot += 1) {
    const best = rows
      .slice(pivot)
      .reduce((one, other) => (Math.abs(other[pivot]) > Math.abs(one[pivot]) ? other : one));
    rows.splice(rows.indexOf(best), 1, rows[pivot]);
    rows[pivot] = best.map((value) => value / best[pivot]);
    for (let other = 0; other < rows.length; other += 1)
      if (other !== pivot)
        rows[other] = rows[other].map((value, i) => value - rows[other][pivot] * rows[pivot][i]);
  }
  return rows.map((row) => row.at(-1));
}

const sum = (items, amount) => items.reduce((total, item, index) => total + amount(item, index), 0);
