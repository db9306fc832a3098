/**
 * The t distribution with a whole number of degrees of freedom, in closed form: Abramowitz and Stegun 1964, 26.7.3 and
 * 26.7.4. Intervals over seeds need no other, and libraries that take fractions stop at eight digits.
 */

/** The probability that |T| is at most `t`, which is not below 0. */
export function tCoverage(t: number, freedom: number): number {
  return coverageAt(Math.atan(t / Math.sqrt(freedom)), freedom);
}

/**
 * The `t` that |T| is at most with this probability: 12.7062 for 0.95 and one degree of freedom. For probabilities from 0 to
 * 0.9999 all but the last two or three digits are right.
 */
export function tQuantile(coverage: number, freedom: number): number {
  // The angle lies between 0 and a right one, however large t is.
  let [low, high] = [0, Math.PI / 2];
  for (let round = 0; round < 64; round += 1) {
    const middle = (low + high) / 2;
    if (coverageAt(middle, freedom) < coverage) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan((low + high) / 2);
}

function coverageAt(angle: number, freedom: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= ((power - 1) / power) * cosine ** 2;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
