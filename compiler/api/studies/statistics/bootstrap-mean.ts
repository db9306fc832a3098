import { uniformBits } from "../../../../runtime/numbers/uniform.ts";
import type { Interval } from "./summary.ts";

/** Below so many values there are too few distinct draws, and the interval is too narrow. */
const fewestForBootstrap = 6;

const draws = 10_000;

/** Intervals of means by the percentile bootstrap (Efron and Tibshirani 1993): 10,000 draws, the same each time. */
export class MeanBootstrap {
  /** Draws of so many values, as their places: all comparisons of equal length take the same. */
  readonly #drawn = new Map<number, Uint16Array>();

  /** The 2.5th and the 97.5th percentile; undefined below six values. */
  interval(values: readonly number[]): Interval | undefined {
    const n = values.length;
    if (n < fewestForBootstrap) return undefined;
    const places = this.#drawn.get(n) ?? drawPlaces(n);
    this.#drawn.set(n, places);
    const means = new Float64Array(draws);
    for (let draw = 0; draw < draws; draw += 1) {
      let sum = 0;
      for (let i = draw * n; i < (draw + 1) * n; i += 1) sum += values[places[i] ?? 0] ?? 0;
      means[draw] = sum / n;
    }
    means.sort();
    return { low: percentile(means, 0.025), high: percentile(means, 0.975) };
  }
}

function drawPlaces(n: number): Uint16Array {
  const places = new Uint16Array(draws * n);
  for (let at = 0; at < places.length; at += 1)
    places[at] = Math.floor((uniformBits(0, 0, at % n, Math.floor(at / n)) / 2 ** 24) * n);
  return places;
}

/** Between the two nearest of the sorted values, in proportion. */
function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const [below = Number.NaN, above = Number.NaN] = [
    sorted[Math.floor(place)],
    sorted[Math.ceil(place)],
  ];
  return below + (above - below) * (place - Math.floor(place));
}
