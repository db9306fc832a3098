import {
  type Artifact,
  frozenPrefix,
  type InputSpec,
  type StepSpec,
} from "../../compiler/artifact.ts";
import { InternalError } from "../internal-error.ts";
import { withLengths } from "../row-lengths.ts";
import { elementCount, emptyNumbers, type Tensor } from "../tensor.ts";

/** The number of each sample in the run: an input that nobody has to give. */
const sampleInput = "sample";

/** Tensors of a batch by the inputs that they are for. */
export type BatchRecord = Readonly<Record<string, Tensor>>;

/** What the program of a stage runs as the last step of a batch, from which results are read. */
export function lastStep({ steps }: Pick<Artifact, "steps">): StepSpec {
  const last = steps.at(-1);
  if (last === undefined) throw new InternalError("a program without a step");
  return last;
}

/** How many samples a batch has. */
export function batchSamples(artifact: Pick<Artifact, "steps">): number {
  return lastStep(artifact).sizes.B ?? 1;
}

/** Whether the program draws by the numbers of samples. */
function takesSamples({ steps }: Pick<Artifact, "steps">): boolean {
  return steps.some(({ inputs }) => inputs.some(({ name }) => name === sampleInput));
}

/** Inputs that somebody has to give: not what the program numbers, or makes of the others. */
function isGiven({ name }: InputSpec): boolean {
  return name !== sampleInput && !name.startsWith(frozenPrefix);
}

/** The inputs of a batch, each once, as they are of all samples, without the numbers of these. */
export function batchInputs(artifact: Pick<Artifact, "steps">): readonly InputSpec[] {
  const total = batchSamples(artifact);
  const found = new Map<string, InputSpec>();
  for (const { inputs, sizes } of artifact.steps) {
    const pieces = total / (sizes.B ?? total);
    for (const input of inputs) {
      const shape = input.shape.map(({ name, size }) => ({
        name,
        size: name === "B" ? size * pieces : size,
      }));
      if (isGiven(input) && !found.has(input.name)) found.set(input.name, { ...input, shape });
    }
  }
  return [...found.values()];
}

/** A record with what nobody has to give: lengths of rows, and the numbers of its samples, which begin with `first`. */
export function completeRecord(
  artifact: Pick<Artifact, "steps">,
  record: BatchRecord,
  first: number,
): BatchRecord {
  const counted = withLengths(batchInputs(artifact), record) as BatchRecord;
  if (!takesSamples(artifact)) return counted;
  const total = batchSamples(artifact);
  const data = Uint32Array.from({ length: total }, (_, n) => first + n);
  return { ...counted, [sampleInput]: { element: "u32", shape: [total], data } };
}

/** What an input of a step takes of a batch, from sample `first` on; `total` samples are all there are. */
export function inputAt(
  { shape }: Pick<InputSpec, "shape">,
  tensor: Tensor,
  { first, total }: { readonly first: number; readonly total: number },
): Tensor {
  const place = shape.findIndex(({ name }) => name === "B");
  const count = shape[place]?.size ?? total;
  if (count === total) return tensor;
  return samplesOf(tensor, place - shape.length, { first, count, total });
}

/** Some samples of a tensor; their dimension is counted from the last one, since leading ones may be left out. */
function samplesOf(
  { element, shape, data }: Tensor,
  fromEnd: number,
  { first, count, total }: Readonly<Record<"first" | "count" | "total", number>>,
): Tensor {
  const place = shape.length + fromEnd;
  const outer = elementCount(shape.slice(0, place));
  const inner = data.length / outer / total;
  const own = shape.with(place, count);
  const rows = (row: number): Tensor["data"] => {
    const from = (row * total + first) * inner;
    return data.subarray(from, from + count * inner);
  };
  if (outer === 1) return { element, shape: own, data: rows(0) } as Tensor;
  const taken = emptyNumbers(element, outer * count * inner);
  for (let row = 0; row < outer; row++) taken.set(rows(row), row * count * inner);
  return { element, shape: own, data: taken } as Tensor;
}
