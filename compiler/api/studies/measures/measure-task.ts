import type { StudyDocument } from "../folder/document-form.ts";
import type { Cell, Measure } from "../study.ts";
import type { Measured } from "../work/cell-work.ts";

/** A trained cell that is measured. */
export interface TrainedCell {
  readonly folder: string;
  readonly document: StudyDocument;
  readonly cell: Cell;
  readonly seed: number;
  /** The folder of the run. */
  readonly run: string;
}

/** Numbers under `measure.field`, those that are none as null, in the form that results have. */
export function measuredValues(
  { name, fields }: Measure,
  numberOf: (field: string) => number | null | undefined,
): Measured["values"] {
  return Object.fromEntries(
    fields.map((field) => {
      const value = numberOf(field) ?? Number.NaN;
      return [`${name}.${field}`, Number.isFinite(value) ? value : null];
    }),
  );
}
