import { fault } from "../faults.ts";
import { isCounted } from "../row-lengths.ts";
import { elementCount } from "../tensor.ts";
import type { BatchInput } from "../train/batch-source.ts";
import type { SampleInput } from "./reader.ts";
import { readerOf } from "./readers/reader-registry.ts";

/** How a record of a stage is made from the records of a data set. */
export interface RecordPlan {
  /** In the order in which they are made: those that are of others come behind these. */
  readonly inputs: readonly SampleInput[];
  /** Samples of a batch. */
  readonly batch: number;
}

/** What a plan asks of a data set. */
interface PlannedSource {
  readonly path: string;
  readonly columns: readonly string[];
}

/**
 * Which reader makes which input, and from which columns.
 *
 * @throws {RuntimeFault} `column-missing` or `reader-input`, before anything is read.
 */
export function planRecord(
  inputs: readonly BatchInput[],
  batch: number,
  source: PlannedSource,
): RecordPlan {
  const made = inputs.filter((input) => !isCounted(input));
  const own = made.map((input) => sampleInput(input, batch));
  for (const [at, input] of own.entries()) assertMade(input, own, source, made[at]?.place);
  const isDerived = ({ reader }: SampleInput) =>
    reader?.args.of !== undefined || reader?.name === "segmentation";
  return { inputs: [...own.filter((one) => !isDerived(one)), ...own.filter(isDerived)], batch };
}

function sampleInput({ name, element, shape, reader }: BatchInput, batch: number): SampleInput {
  const [samples, ...rest] = shape;
  if (samples?.name === "B" && samples.size === batch)
    return { name, element, shape: rest.map(({ size }) => size), reader };
  const reason = "its first axis is not `B`";
  throw fault("reader-input", { input: name, reader: reader?.name ?? "its column", reason });
}

function assertMade(
  input: SampleInput,
  all: readonly SampleInput[],
  { path, columns }: PlannedSource,
  place: string | undefined,
): void {
  const { name, reader } = input;
  const made = readerOf(input);
  const wrong = (reason: string) =>
    fault("reader-input", { input: name, reader: reader?.name ?? "its column", reason });
  if (made === undefined)
    throw wrong("training has no such reader yet: give its tensors with `--batches`");
  const misfit = made.misfit(input, all);
  if (misfit !== undefined) throw wrong(misfit);
  const needed = reader === undefined ? [name] : made.columns(input);
  const missing = needed.find((column) => !columns.includes(column));
  if (missing !== undefined)
    throw fault("column-missing", {
      input: name,
      place,
      reader: reader?.name,
      column: missing,
      path,
      has: columns,
    });
}

/** Numbers of one sample of an input. */
export function sampleLength({ shape }: SampleInput): number {
  return elementCount(shape);
}

/** Rows of one sample of an input that is padded. */
export function sampleRows({ shape }: SampleInput): number {
  return elementCount(shape.slice(0, -1));
}
