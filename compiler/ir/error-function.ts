/**
 * The error function in f32, to 1e-7. Below 1 it is x + x P(x^2); from there to 4, where it is 1 in f32,
 * it is 1 - exp(Q(|x|)), which keeps the rounding of the exponential small. P and Q are minimax fits to
 * erf(x) / x - 1 and to log erfc(x). WGSL prints the same steps from the same tables.
 */
export function errorFunction(x: number): number {
  const round = Math.fround;
  const size = round(Math.min(Math.abs(x), erfLimit));
  if (size < erfBoundary) {
    const near = horner(erfNear, round(size * size));
    return round(round(near * round(x)) + round(x));
  }
  return round(Math.sign(x) * round(1 - round(Math.exp(horner(erfFar, size)))));
}

/** Where the two formulas meet, and from where the result is 1. */
export const erfBoundary = 1;
export const erfLimit = 4;

/** P and Q, from the highest power down to the constant. */
export const erfNear = [
  7.64779397e-5, -0.000794258725, 0.00517978054, -0.0268486105, 0.112834305, -0.376126051,
  0.128379151,
] as const;
export const erfFar = [
  -0.00115042413, 0.0147781344, -0.0886342153, -0.654488862, -1.11743855, -0.00267169066,
] as const;

function horner(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) =>
    Math.fround(Math.fround(sum * x) + Math.fround(coefficient)),
  );
}
