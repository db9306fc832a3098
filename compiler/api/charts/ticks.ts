/** An axis of a chart: what it shows, and where it is marked. */
export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** From the least to the most of the values, out to round numbers; about `count` of these are marked. */
export function scaleOver(values: readonly number[], count: number): Scale {
  const finite = values.filter(Number.isFinite);
  const least = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (finite.length === 0) return { from: 0, to: 1, ticks: [0, 1] };
  // What never changes stands in the middle.
  const room = least === most ? Math.max(Math.abs(least) * 0.1, 1e-12) : 0;
  const step = roundStep((most - least + 2 * room) / count);
  const [first, last] = [Math.floor((least - room) / step), Math.ceil((most + room) / step)];
  // Each from a whole number: sums of steps would drift.
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => rounded((first + n) * step));
  return { from: ticks[0] ?? 0, to: ticks.at(-1) ?? 1, ticks };
}

/** From the least to the most of the values and no further, with the round numbers between them. */
export function tightScale(values: readonly number[], count: number): Scale {
  const { ticks } = scaleOver(values, count);
  const finite = values.filter(Number.isFinite);
  const [from, to] = [Math.min(...finite), Math.max(...finite)];
  if (finite.length === 0 || from === to) return scaleOver(values, count);
  return { from, to, ticks: ticks.filter((tick) => tick >= from && tick <= to) };
}

/** 1, 2 or 5 times a power of ten, at least as much. */
function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const times = [1, 2, 5, 10].find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10;
  return times * power;
}

function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

/** A number beside a mark, in few characters: `0.002`, `1.5k`, `3e-5`. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3) return value.toExponential(1).replace(".0e", "e");
  if (size >= 1e9) return `${rounded(value / 1e9)}G`;
  if (size >= 1e6) return `${rounded(value / 1e6)}M`;
  if (size >= 1e4) return `${rounded(value / 1e3)}k`;
  return String(rounded(value));
}
