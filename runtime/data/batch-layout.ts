import { InternalError } from "../internal-error.ts";
import type { Tensor } from "../tensor.ts";
import type { Made, SampleInput } from "./reader.ts";
import { type RecordPlan, sampleLength, sampleRows } from "./record-plan.ts";

/** Where a batch has its inputs in the memory of one slot. */
export interface BatchLayout {
  readonly inputs: readonly InputPlace[];
  readonly batch: number;
  readonly bytes: number;
}

interface InputPlace {
  readonly input: SampleInput;
  /** Numbers of one sample, and where those of the first begin. */
  readonly length: number;
  readonly start: number;
  /** Of rows that are padded: how many a sample has, and where the lengths of the first begin. */
  readonly rows: number;
  readonly lengthsStart: number;
}

export function layoutOf({ inputs, batch }: RecordPlan): BatchLayout {
  let bytes = 0;
  const take = (count: number): number => {
    const start = bytes;
    bytes += 4 * count;
    return start;
  };
  const places = inputs.map((input) => {
    const [length, rows] = [sampleLength(input), isPadded(input) ? sampleRows(input) : 0];
    return { input, length, rows, start: take(batch * length), lengthsStart: take(batch * rows) };
  });
  return { inputs: places, batch, bytes };
}

function isPadded({ reader }: SampleInput): boolean {
  return reader !== undefined && ["text", "chat", "questions"].includes(reader.name);
}

/** Puts a sample at its place of the batch. */
export function writeSample(
  layout: BatchLayout,
  memory: ArrayBufferLike,
  place: number,
  made: readonly Made[],
): void {
  for (const [at, { input, length, start, rows, lengthsStart }] of layout.inputs.entries()) {
    const one = made[at];
    if (one?.data.length !== length) throw new InternalError(`${input.name} has another size`);
    numbersAt(input.element, memory, start + 4 * place * length, length).set(one.data);
    if (rows === 0) continue;
    if (one.lengths?.length !== rows) throw new InternalError(`${input.name} has no lengths`);
    new Int32Array(memory, lengthsStart + 4 * place * rows, rows).set(one.lengths);
  }
}

/** The inputs of a whole batch, apart from the slot's memory. */
export function readBatch(
  { inputs, batch }: BatchLayout,
  memory: ArrayBufferLike,
): Record<string, Tensor> {
  const found: Record<string, Tensor> = {};
  for (const { input, length, start, rows, lengthsStart } of inputs) {
    const { name, element, shape } = input;
    const data = numbersAt(element, memory, start, batch * length).slice();
    const lengths =
      rows === 0 ? undefined : [...new Int32Array(memory, lengthsStart, batch * rows)];
    found[name] = { element, shape: [batch, ...shape], data, lengths } as Tensor;
  }
  return found;
}

function numbersAt(
  element: Tensor["element"],
  memory: ArrayBufferLike,
  start: number,
  count: number,
): Tensor["data"] {
  if (element === "f32") return new Float32Array(memory, start, count) as Float32Array<ArrayBuffer>;
  if (element === "u32") return new Uint32Array(memory, start, count) as Uint32Array<ArrayBuffer>;
  return new Int32Array(memory, start, count) as Int32Array<ArrayBuffer>;
}
