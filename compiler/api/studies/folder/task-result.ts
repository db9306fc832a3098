import { fault } from "../../../../runtime/faults.ts";
import {
  count,
  dictionary,
  either,
  optional,
  real,
  record,
  type Shape,
  text,
} from "../../load/shape.ts";

/** `done.json`: what came of a cell with a seed. Nothing in it depends on how fast a machine is, but `minutes`. */
export interface TaskResult {
  readonly identity: string;
  readonly seed: number;
  /** The attempt whose run it is of. */
  readonly attempt: number;
  /** Steps that were done. */
  readonly steps: number;
  readonly samples: number;
  /** Of the device's work. */
  readonly minutes: number;
  /** By `measure.field`, and `loss`; null where one is undefined. */
  readonly measures: Readonly<Record<string, number | null>>;
  /** Bytes of the program's buffers on the device. */
  readonly peakBytes: number | undefined;
  /** SHA-256 of the last checkpoint's files, by name. */
  readonly checkpoint: Readonly<Record<string, string>>;
  /** Pictures that measures wrote, as paths from the folder of the run. */
  readonly pictures: readonly string[];
}

/** `failed-N.json`, and `stopped.json`: why a task has no result. */
export interface FailedTask {
  /** Of a fault or a diagnostic, where it is one. */
  readonly code: string | undefined;
  readonly message: string;
}

const isNull = (value: unknown): value is null => value === null;
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(text);

const resultShape: Shape<TaskResult> = record<TaskResult>({
  identity: text,
  seed: count,
  attempt: count,
  steps: count,
  samples: count,
  minutes: real,
  measures: dictionary(either(real, isNull)),
  peakBytes: optional(real),
  checkpoint: dictionary(text),
  pictures: isTexts,
});

const failureShape: Shape<FailedTask> = record<FailedTask>({ code: optional(text), message: text });

/** @throws {RuntimeFault} `study-damaged`. */
export function parseResult(place: string, given: string): TaskResult {
  const found = parsed(given);
  if (resultShape(found)) return found;
  throw fault("study-damaged", { path: place, reason: "its done.json has another form" });
}

/** A text of another form is told as it is. */
export function parseFailure(given: string): FailedTask {
  const found = parsed(given);
  return failureShape(found) ? found : { code: undefined, message: given.trim().slice(0, 200) };
}

function parsed(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}
