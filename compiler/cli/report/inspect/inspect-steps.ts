import type { Artifact, Program, StepSpec } from "../../../artifact.ts";
import type { TensorReport } from "../tensor-report.ts";

/** One step of a mode at one size; the numbers of the mode itself are of all of them together. */
export interface StepReport {
  readonly step: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
  /** As papers count, and as computed: see `InspectReport`. */
  readonly macs: number;
  readonly exactMacs: number;
  readonly dispatches: number;
  /** What the step touches of the arenas that all steps share. */
  readonly activationBytes: number;
}

export function stepReports({ steps, program }: Artifact): readonly StepReport[] {
  return steps.map((step) => ({
    step: step.name,
    sizes: step.sizes,
    inputs: step.inputs.map(bare),
    outputs: step.outputs.map(bare),
    macs: step.paperMacs,
    exactMacs: step.macs,
    dispatches: step.to - step.from,
    activationBytes: activationBytes(step, program),
  }));
}

function activationBytes(
  { from, to }: StepSpec,
  { dispatches, tensors, buffers }: Program,
): number {
  const ends = new Map<number, number>();
  for (const dispatch of dispatches.slice(from, to)) {
    for (const number of dispatch.tensors) {
      const tensor = tensors[number];
      if (tensor === undefined || buffers[tensor.buffer]?.role !== "arena") continue;
      const end = tensor.offset + tensor.bytes;
      ends.set(tensor.buffer, Math.max(ends.get(tensor.buffer) ?? 0, end));
    }
  }
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

function bare({ name, element, shape }: TensorReport): TensorReport {
  return { name, element, shape };
}
