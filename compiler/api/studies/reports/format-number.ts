import type { Summary } from "../statistics/summary.ts";

/** How a number of a report is written for people; files of numbers have all digits. */
export type NumberForm = "count" | "bytes" | "plain";

/** `1.23 M`, `45.6 MiB`, `0.1234`: four digits that say something. A dash for what there is none of. */
export function formatNumber(value: number | undefined, form: NumberForm): string {
  if (value === undefined) return none;
  if (!Number.isFinite(value)) return "undefined";
  if (form === "plain") return withDigits(value, digitsFor(value));
  const [base, units] = form === "bytes" ? ([1024, bytes] as const) : ([1000, counts] as const);
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log(Math.abs(value) || 1) / Math.log(base) + 1e-9)),
  );
  if (power === 0) return withUnit(String(Number(value.toPrecision(4))), units[0]);
  return withUnit(Number((value / base ** power).toPrecision(4)).toString(), units[power]);
}

/** `0.4321 ± 0.0052`: the mean to the digits that its interval leaves; alone where there is no interval. */
export function formatMean({ mean, interval }: Summary): string {
  if (mean === undefined) return none;
  if (interval === undefined) return withDigits(mean, digitsFor(mean));
  const reach = (interval.high - interval.low) / 2;
  const digits = reach > 0 ? Math.max(0, 1 - Math.floor(Math.log10(reach))) : digitsFor(mean);
  // A mean that its interval leaves no digit of is 0, however little it is.
  return `${withDigits(Number(mean.toFixed(Math.min(digits, 10))), digits)} \u00b1 ${withDigits(reach, digits)}`;
}

/** A p, never as 0. */
export function formatP(p: number | undefined): string {
  if (p === undefined) return none;
  return p < 0.0001 ? "< 0.0001" : String(Number(p.toPrecision(2)));
}

export const none = "\u2013";

/** A minus sign in place of the hyphen, as tables are set. */
function withDigits(value: number, digits: number): string {
  if (Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-5))
    return value.toExponential(2).replace("-", "\u2212").replace("e-", "e\u2212");
  const text = value.toFixed(Math.min(digits, 10));
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

function digitsFor(value: number): number {
  const size = Math.abs(value);
  return size === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
}

function withUnit(text: string, unit: string | undefined): string {
  return unit === undefined || unit === "" ? text : `${text} ${unit}`;
}

const bytes = ["B", "KiB", "MiB", "GiB", "TiB"];
const counts = ["", "k", "M", "G", "T", "P"];
