// Intervals by the percentile bootstrap: units are drawn with replacement, all numbers of a table from the same draws.
import { uniformBits } from "../numbers/uniform.ts";
import type { Tally } from "./tally.ts";

export interface Interval {
  /** The 2.5th and the 97.5th percentile; `null` where the number was undefined in every draw. */
  readonly low: number | null;
  readonly high: number | null;
  /** Draws in which the number was undefined, and which are left out. */
  readonly undefinedDraws: number;
}

export interface BootstrapOptions {
  readonly draws: number;
  readonly seed: number;
}

export const usualBootstrap: BootstrapOptions = { draws: 2000, seed: 0 };

/** Below so many units an interval says little. */
export const fewestUnits = 30;

/** The interval of each number: 95 % over the units of the set, which is not over models or trainings. */
export function bootstrapIntervals(
  tally: Tally,
  { draws, seed }: BootstrapOptions,
): Readonly<Record<string, Interval>> {
  const found = new Map<string, number[]>(Object.keys(tally.numbers()).map((name) => [name, []]));
  const members = strataOf(tally);
  const times = new Uint32Array(tally.units.length);
  for (let draw = 0; draw < draws; draw++) {
    times.fill(0);
    for (const units of members) drawFrom(units, times, seed, draw);
    for (const [name, value] of Object.entries(tally.numbers(times)))
      if (value !== null) found.get(name)?.push(value);
  }
  return Object.fromEntries(
    [...found].map(([name, values]) => {
      values.sort((left, right) => left - right);
      return [
        name,
        {
          low: percentile(values, 0.025),
          high: percentile(values, 0.975),
          undefinedDraws: draws - values.length,
        },
      ];
    }),
  );
}

/** Units by the part of the data within which they are drawn. */
function strataOf({ units, strata }: Tally): readonly Uint32Array[] {
  const members = new Map<number, number[]>();
  for (let unit = 0; unit < units.length; unit++) {
    const stratum = strata?.[unit] ?? 0;
    const own = members.get(stratum) ?? [];
    members.set(stratum, own);
    own.push(unit);
  }
  return [...members.values()].map((own) => Uint32Array.from(own));
}

/** As many units as there are; the random numbers are those of draw and place, on every machine. */
function drawFrom(units: Uint32Array, times: Uint32Array, seed: number, draw: number): void {
  for (const place of units) {
    const [high, low] = [uniformBits(0, seed, place, draw), uniformBits(1, seed, place, draw)];
    const fraction = (high + low / 2 ** 24) / 2 ** 24;
    const unit = units[Math.floor(fraction * units.length)] ?? 0;
    times[unit] = (times[unit] ?? 0) + 1;
  }
}

/** Between the two nearest of the sorted values, in proportion. */
function percentile(sorted: readonly number[], share: number): number | null {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (place - Math.floor(place));
}
