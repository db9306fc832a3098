// What an evaluation found as plain data: numbers at full precision, intervals, counts, and what they are of.
import {
  type BootstrapOptions,
  bootstrapIntervals,
  fewestUnits,
  type Interval,
} from "../bootstrap.ts";
import type { Column, Numbers, Scored, Tally } from "../tally.ts";

/** What stands over a table. */
export interface EvaluationSubject {
  readonly task: string;
  /** The name of the metric's rule. */
  readonly rule: string;
  /** What the bootstrap draws. */
  readonly unit: string;
  /** Items that the set has, and those without a prediction, which count as wrong. */
  readonly items: number;
  readonly missing: number;
  /** Not all of the set, because of `--limit`. */
  readonly partial: boolean;
}

export interface EvaluationDocument extends EvaluationSubject {
  readonly units: number;
  readonly numbers: Numbers;
  /** 95 % over units, absent without draws; the range over runs where `isRange`. */
  readonly intervals: Readonly<Record<string, Interval>>;
  readonly isRange?: true;
  readonly bootstrap: BootstrapOptions & { readonly reliable: boolean };
  readonly columns: readonly Column[];
  readonly details: Readonly<Record<string, unknown>>;
}

export function evaluationDocument(
  subject: EvaluationSubject,
  { tally, columns, details, ranges }: Scored,
  wanted: BootstrapOptions,
): EvaluationDocument {
  const bootstrap = ranges === undefined ? wanted : { ...wanted, draws: 0 };
  return {
    ...subject,
    units: tally.units.length,
    numbers: tally.numbers(),
    intervals: ranges === undefined ? drawn(tally, bootstrap) : undrawn(ranges),
    ...(ranges === undefined ? {} : { isRange: true }),
    bootstrap: { ...bootstrap, reliable: tally.units.length >= fewestUnits },
    columns,
    details,
  };
}

type Intervals = EvaluationDocument["intervals"];

function drawn(tally: Tally, bootstrap: BootstrapOptions): Intervals {
  return bootstrap.draws === 0 ? {} : bootstrapIntervals(tally, bootstrap);
}

function undrawn(ranges: NonNullable<Scored["ranges"]>): Intervals {
  return Object.fromEntries(
    Object.entries(ranges).map(([name, range]) => [name, { ...range, undefinedDraws: 0 }]),
  );
}
