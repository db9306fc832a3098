/** The error of a rounding beside what was rounded, both as sums of squares. */
export interface SquaredError {
  readonly error: number;
  readonly norm: number;
}

/**
 * Rounds groups of numbers to whole numbers times a scale of the group: 8 bits from -127 to 127, 4 bits
 * from -8 to 7. Of 4 bits, the side with the largest number may use the longer half: whichever of the two
 * scales is nearer to the numbers is taken. Fills `whole` and `scales`; numbers fill whole groups.
 */
export function quantizeGroups(
  numbers: Float32Array,
  storage: "i8" | "i4",
  group: number,
  whole: Int32Array,
  scales: Float32Array,
): SquaredError {
  let [error, norm] = [0, 0];
  for (let start = 0, n = 0; start < numbers.length; start += group, n++) {
    const own = numbers.subarray(start, start + group);
    const peak = peakOf(own);
    const target = whole.subarray(start, start + group);
    const candidates = storage === "i8" ? [peak / 127] : [Math.abs(peak) / 7, peak / -8];
    let best = { scale: 0, error: Number.POSITIVE_INFINITY };
    for (const candidate of candidates) {
      const scale = Math.fround(candidate);
      const found = roundedError(own, scale, storage);
      if (found < best.error) best = { scale, error: found };
    }
    if (!Number.isFinite(best.error)) best = { scale: peak, error: Number.NaN };
    scales[n] = best.scale;
    error += best.error;
    const factor = best.scale === 0 ? 0 : 1 / best.scale;
    const [least, most] = storage === "i8" ? [-127, 127] : [-8, 7];
    for (let place = 0; place < own.length; place++) {
      const number = own[place] ?? 0;
      norm += number * number;
      target[place] = Math.min(most, Math.max(least, Math.round(number * factor)));
    }
  }
  return { error, norm };
}

/** The number that is farthest from 0, with its sign; NaN where one is not finite. */
function peakOf(numbers: Float32Array): number {
  let [peak, size] = [0, 0];
  for (let place = 0; place < numbers.length; place++) {
    const number = numbers[place] ?? 0;
    const own = Math.abs(number);
    if (!(own < Number.POSITIVE_INFINITY)) return Number.NaN;
    if (own > size) [peak, size] = [number, own];
  }
  return peak;
}

function roundedError(numbers: Float32Array, scale: number, storage: "i8" | "i4"): number {
  const factor = scale === 0 ? 0 : 1 / scale;
  const [least, most] = storage === "i8" ? [-127, 127] : [-8, 7];
  let error = 0;
  for (let place = 0; place < numbers.length; place++) {
    const number = numbers[place] ?? 0;
    const whole = Math.min(most, Math.max(least, Math.round(number * factor)));
    const difference = number - whole * scale;
    error += difference * difference;
  }
  return error;
}
