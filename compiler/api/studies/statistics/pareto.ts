import type { Interval } from "./summary.ts";

/** A cell by what it costs, less being better, and what it reaches. */
export interface Candidate {
  readonly cost: number;
  readonly mean: number;
  readonly interval: Interval | undefined;
}

/** `front`: no other is better by its mean. `perhaps`: none would be if the mean were the good end of the interval. */
export type Standing = "front" | "perhaps" | "behind";

/** Where each of them stands among all. */
export function paretoStandings(
  candidates: readonly Candidate[],
  better: "higher" | "lower",
): readonly Standing[] {
  // Turned so that more is better.
  const sign = better === "higher" ? 1 : -1;
  const turned = candidates.map(({ cost, mean }) => ({ cost, value: sign * mean }));
  const front = frontOf(turned);
  return candidates.map(({ cost, mean, interval }) => {
    if (!isBeaten(cost, sign * mean, front)) return "front";
    const best = better === "higher" ? interval?.high : interval?.low;
    return best === undefined || isBeaten(cost, sign * best, front) ? "behind" : "perhaps";
  });
}

interface Place {
  readonly cost: number;
  readonly value: number;
}

/** Those that count, by rising cost and value. */
function frontOf(places: readonly Place[]): readonly Place[] {
  const front: Place[] = [];
  for (const place of places.toSorted((a, b) => a.cost - b.cost || b.value - a.value))
    if (place.value > (front.at(-1)?.value ?? Number.NEGATIVE_INFINITY)) front.push(place);
  return front;
}

/** Whether one is as good in both and better in one: the dearest that costs no more is the best of those. */
function isBeaten(cost: number, value: number, front: readonly Place[]): boolean {
  const rival = front.findLast((place) => place.cost <= cost);
  if (rival === undefined) return false;
  return rival.value > value || (rival.value === value && rival.cost < cost);
}
