/** The error of a rounding beside what was rounded, both as sums of squares. */
interface SquaredError {
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
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  let [error, norm] = [0, 0];
  for (let start = 0, n = 0; start < numbers.length; start += group, n++) {
    const end = start + group;
    let size = 0;
    for (let place = start; place < end; place++) {
      const number = numbers[place] as number;
      norm += number * number;
      // As whole numbers, what is not finite is larger than all else: it must not disappear.
      const own = (bits[place] as number) & 0x7fffffff;
      if (own > size) size = own;
    }
    const peak = size > 0x7f7fffff ? Number.NaN : largest(numbers, bits, start, size);
    const scale = storage === "i8" ? Math.fround(peak / 127) : Math.fround(Math.abs(peak) / 7);
    const own = roundAll(numbers, start, end, scale, whole);
    scales[n] = scale;
    error += own;
    if (storage === "i8") continue;
    const other = Math.fround(peak / -8);
    const better = roundToSeven(numbers, start, end, other, whole);
    if (better < own) {
      scales[n] = other;
      error += better - own;
    } else roundAll(numbers, start, end, scale, whole);
  }
  return { error, norm };
}

/** The first number of this size, with its sign. */
function largest(numbers: Float32Array, bits: Uint32Array, start: number, size: number): number {
  let place = start;
  while (((bits[place] as number) & 0x7fffffff) !== size) place++;
  return numbers[place] as number;
}

/** Added and taken away again, it leaves the nearest whole number: no branch, which signs would mislead. */
const magic = 1.5 * 2 ** 52;

type Round = (
  numbers: Float32Array,
  start: number,
  end: number,
  scale: number,
  whole: Int32Array,
) => number;

/** The scale is such that no number is farther from 0 than whole numbers go. */
const roundAll: Round = (numbers, start, end, scale, whole) => {
  const factor = scale === 0 ? 0 : 1 / scale;
  let error = 0;
  for (let place = start; place < end; place++) {
    const number = numbers[place] as number;
    const near = number * factor + magic - magic;
    whole[place] = near;
    const difference = number - near * scale;
    error += difference * difference;
  }
  return error;
};

/** On the side without the largest number, whole numbers end at 7. */
const roundToSeven: Round = (numbers, start, end, scale, whole) => {
  const factor = scale === 0 ? 0 : 1 / scale;
  let error = 0;
  for (let place = start; place < end; place++) {
    const number = numbers[place] as number;
    const rounded = number * factor + magic - magic;
    const near = rounded > 7 ? 7 : rounded;
    whole[place] = near;
    const difference = number - near * scale;
    error += difference * difference;
  }
  return error;
};
