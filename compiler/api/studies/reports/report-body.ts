import type { Examples } from "./examples.ts";
import type { Figure } from "./figures/figure.ts";
import type { ReportTable } from "./tables/report-table.ts";

/** A report before it is written in some format: all of it but the times is the same whenever it is made of the same runs. */
export interface ReportBody {
  readonly title: string;
  /** What was run, and how far it is. */
  readonly summary: readonly (readonly [what: string, value: string])[];
  /** What the reader was told before anything ran. */
  readonly notes: readonly string[];
  readonly cells: ReportTable | undefined;
  readonly metrics: readonly MetricSection[];
  /** How training went. */
  readonly curves: readonly Figure[];
  readonly examples: Examples | undefined;
  /** Runs and cells that are not in the numbers, and why. */
  readonly gaps: readonly ReportTable[];
  readonly times: ReportTable | undefined;
}

/** What the data say by one metric. */
export interface MetricSection {
  readonly name: string;
  readonly findings: readonly string[];
  readonly table: ReportTable | undefined;
  readonly figures: readonly Figure[];
}
