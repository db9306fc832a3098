// What a metric leaves behind: per-unit sums from which the numbers of a table follow, for any draw of the units.

/** Numbers of a table by name, at full precision; `null` where a number is undefined, such as a mean of nothing. */
export type Numbers = Readonly<Record<string, number | null>>;

/** How often each unit counts in a draw of the bootstrap, by its index. */
export type Draw = ArrayLike<number>;

/** A set of items whose scores are summed per unit: what is drawn again and again for an interval. */
export interface Tally {
  /** Ids of images, clips or documents, in the order of the data. */
  readonly units: readonly string[];
  /** By unit, the part of the data within which it is drawn, so that each part keeps its size. Without it, one part. */
  readonly strata?: readonly number[];
  /** The numbers over all units, or over a draw of them. */
  readonly numbers: (draw?: Draw) => Numbers;
}

/** Gathers items under their units in order of first appearance: indices of units, one for each item. */
export function indexUnits(unitOfItem: readonly string[]): {
  readonly units: readonly string[];
  readonly indices: readonly number[];
} {
  const places = new Map<string, number>();
  const indices = unitOfItem.map((unit) => {
    const place = places.get(unit) ?? places.size;
    places.set(unit, place);
    return place;
  });
  return { units: [...places.keys()], indices };
}

/** A quotient, or `null` where the divisor is 0. */
export function ratio(numerator: number, denominator: number): number | null {
  return denominator === 0 ? null : numerator / denominator;
}

/** The mean of the numbers that there are; `null` without any, or where one is undefined. */
export function meanOfAll(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return ratio(sum, values.length);
}

/** Where a number stands in a table, and what it is multiplied by there. */
export interface Column {
  readonly name: string;
  /** 100 for fractions that are printed as percent. */
  readonly factor: number;
}

/** Scores of one item by name, for `predictions.jsonl`. */
export interface ItemScores {
  readonly id: string;
  readonly scores: Readonly<Record<string, number | string | boolean | null>>;
}

/** Everything that a metric finds. */
export interface Scored {
  readonly tally: Tally;
  /** The table, the headline first. Names are those of the tally's numbers. */
  readonly columns: readonly Column[];
  /** What stands for intervals where units are not items that were drawn: the lowest and the highest value. */
  readonly ranges?: Readonly<Record<string, { readonly low: number; readonly high: number }>>;
  /** In the order of the references. */
  readonly items: readonly ItemScores[];
  /** What stands in `scores.json` beside the numbers: counts, parts, values by class. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Sums of values by unit: the quickest way to the mean of a draw. */
export function sumsByUnit(
  values: ArrayLike<number>,
  indices: readonly number[],
  units: number,
): { readonly sums: Float64Array; readonly counts: Float64Array } {
  const sums = new Float64Array(units);
  const counts = new Float64Array(units);
  for (const [item, unit] of indices.entries()) {
    sums[unit] = (sums[unit] ?? 0) + (values[item] ?? 0);
    counts[unit] = (counts[unit] ?? 0) + 1;
  }
  return { sums, counts };
}

/** The mean of a draw from sums by unit. */
export function drawnMean(
  { sums, counts }: { readonly sums: Float64Array; readonly counts: Float64Array },
  draw: Draw,
): number | null {
  let sum = 0;
  let count = 0;
  for (let unit = 0; unit < sums.length; unit++) {
    const times = draw[unit] ?? 0;
    sum += times * (sums[unit] ?? 0);
    count += times * (counts[unit] ?? 0);
  }
  return ratio(sum, count);
}
