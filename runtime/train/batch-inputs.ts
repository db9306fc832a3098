import type { Artifact, InputSpec, StepSpec } from "../../compiler/artifact.ts";
import type { StepOptions } from "../execute/steps.ts";
import { InternalError } from "../internal-error.ts";
import { withLengths } from "../row-lengths.ts";
import type { Session } from "../session.ts";
import { elementCount, emptyNumbers, type Tensor } from "../tensor.ts";

/** The number of each sample in the run: an input that nobody has to give. */
const sampleInput = "sample";

type Inputs = Readonly<Record<string, Tensor>>;

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
      if (input.name !== sampleInput && !found.has(input.name))
        found.set(input.name, { ...input, shape });
    }
  }
  return [...found.values()];
}

interface BatchOptions extends StepOptions {
  /** The number of the first sample in the run. */
  readonly firstSample: number;
}

/**
 * Runs the steps of a stage's program for one batch, those for a piece once for each. Outputs are those of the last
 * step, behind which `encode` comes.
 */
export async function runBatch(
  session: Session,
  record: Inputs,
  { firstSample, immediates = {}, ...last }: BatchOptions,
): Promise<Record<string, Tensor>> {
  const { artifact } = session;
  const { steps } = artifact;
  const total = batchSamples(artifact);
  const counted = withLengths(batchInputs(artifact), record) as Inputs;
  const data = Uint32Array.from({ length: total }, (_, n) => firstSample + n);
  const all = takesSamples(artifact)
    ? { ...counted, [sampleInput]: { element: "u32", shape: [total], data } as const }
    : counted;
  let outputs: Record<string, Tensor> = {};
  for (const [number, step] of steps.entries()) {
    const count = step.sizes.B ?? total;
    for (let first = 0; first < total; first += count) {
      const inputs = inputsOf(step, all, total, first);
      const options = number === steps.length - 1 ? last : { read: [] };
      outputs = await session.step(number, inputs, { immediates, ...options });
    }
  }
  return outputs;
}

/** What a step takes of a record, from sample `first` on. */
function inputsOf({ inputs }: StepSpec, record: Inputs, total: number, first: number): Inputs {
  const own: Record<string, Tensor> = {};
  for (const { name, shape } of inputs) {
    const tensor = record[name];
    const place = shape.findIndex((dimension) => dimension.name === "B");
    const count = shape[place]?.size ?? total;
    if (tensor === undefined) continue;
    own[name] =
      count === total ? tensor : samplesOf(tensor, place - shape.length, { first, count, total });
  }
  return own;
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
