import type { TrainEvent } from "../../../../runtime/train/train-events.ts";
import type { StopSignal } from "../../../../runtime/train/train-steps.ts";
import type { Cell } from "../study.ts";

/** What is asked of whoever trains a cell. */
export interface TrainRequest {
  readonly cell: Cell;
  readonly seed: number;
  /** The folder of the run; one that is there already is gone on with. */
  readonly out: string;
  /** Steps in all, with which schedules end; undefined where the stage says it. */
  readonly steps: number | undefined;
  /** The step after which the run is left for now, though it has more; undefined for all of them. */
  readonly until: number | undefined;
  /** Go on though texts are other ones than the run began with: what they resolve to is the same. */
  readonly hasOtherTexts: boolean;
  readonly signal: StopSignal;
}

/** The run is open and about to begin. */
interface OpenedEvent {
  readonly kind: "opened";
  /** Bytes of the program's buffers on the device. */
  readonly bytes: number;
  readonly device: string;
}

export type TrainCell = (request: TrainRequest) => AsyncIterable<TrainEvent | OpenedEvent>;

/** What measures found of a trained cell. */
export interface Measured {
  /** By `measure.field`; null where a number is undefined. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Pictures, as paths from the folder of the run. */
  readonly pictures: readonly string[];
}

export type MeasureCell = (request: {
  readonly cell: Cell;
  readonly seed: number;
  /** The folder of the run. */
  readonly run: string;
  /** The name of the one measure that is asked for; undefined for all. */
  readonly only?: string | undefined;
}) => Promise<Measured>;

/** What becomes of a task, for whoever watches. */
export type WorkEvent =
  | ({ readonly kind: "begun"; readonly attempt: number } & TaskName)
  | ({ readonly kind: "training"; readonly event: TrainEvent } & TaskName)
  | ({ readonly kind: "rung"; readonly step: number } & TaskName)
  | ({ readonly kind: "done"; readonly steps: number; readonly loss: number | null } & TaskName)
  | ({ readonly kind: "failed"; readonly reason: string } & TaskName)
  | ({ readonly kind: "stopped"; readonly reason: string } & TaskName)
  /** The worker was told to stop: the task is left with what it has got to. */
  | ({ readonly kind: "left" } & TaskName)
  /** Somebody else has taken the task, who thought that this worker was gone. */
  | ({ readonly kind: "lost" } & TaskName);

export interface TaskName {
  readonly cell: string;
  readonly seed: number;
}
