import type { StudyDocument } from "../folder/document-form.ts";
import type { Cell, Measure } from "../study.ts";

/** A trained cell, and what is to be measured of it. */
interface MeasureRequest {
  readonly folder: string;
  readonly document: StudyDocument;
  readonly cell: Cell;
  readonly seed: number;
  /** The folder of the run. */
  readonly run: string;
  readonly measure: Measure;
}

interface MeasureOutcome {
  /** By the names of fields. */
  readonly values: Readonly<Record<string, number>>;
  /** Paths from the folder of the run. */
  readonly pictures?: readonly string[] | undefined;
}

/** An evaluation that studies can run of their cells. */
export interface MeasureTask {
  readonly run: (request: MeasureRequest) => Promise<MeasureOutcome>;
}
