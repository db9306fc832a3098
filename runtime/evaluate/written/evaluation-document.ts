// What an evaluation found as plain data: numbers at full precision, intervals, counts, and what they are of.
import {
  type BootstrapOptions,
  bootstrapIntervals,
  fewestUnits,
  type Interval,
} from "../bootstrap.ts";
import type { Column, Numbers, Scored } from "../tally.ts";

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
  /** 95 % over units; absent without draws. */
  readonly intervals: Readonly<Record<string, Interval>>;
  readonly bootstrap: BootstrapOptions & { readonly reliable: boolean };
  readonly columns: readonly Column[];
  readonly details: Readonly<Record<string, unknown>>;
}

export function evaluationDocument(
  subject: EvaluationSubject,
  { tally, columns, details }: Scored,
  bootstrap: BootstrapOptions,
): EvaluationDocument {
  return {
    ...subject,
    units: tally.units.length,
    numbers: tally.numbers(),
    intervals: bootstrap.draws === 0 ? {} : bootstrapIntervals(tally, bootstrap),
    bootstrap: { ...bootstrap, reliable: tally.units.length >= fewestUnits },
    columns,
    details,
  };
}
