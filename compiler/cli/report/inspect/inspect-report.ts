import { groupByPart } from "../../../api/text/gather-parts.ts";
import type { Artifact, Dispatch } from "../../../artifact.ts";
import { type MemoryReport, memoryReport } from "../memory-report.ts";
import type { TensorReport } from "../tensor-report.ts";
import { type StepReport, stepReports } from "./inspect-steps.ts";

/** What a mode costs, as `weft inspect --json` prints it: plain numbers, no units in them. */
export interface InspectReport {
  readonly model: string;
  readonly mode: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
  /** Entry points, at least one; what stands beside them is the first one's where it is not of all. */
  readonly steps: readonly StepReport[];
  readonly parameters: { readonly total: number; readonly parts: Readonly<Record<string, number>> };
  /**
   * Multiply-accumulates as papers on vision transformers count them: a class token is left out of the
   * products of attention.
   */
  readonly macs: number;
  /** Multiply-accumulates that are computed. */
  readonly exactMacs: number;
  /** Every arithmetic operation of every kernel. */
  readonly flops: number;
  readonly dispatches: number;
  readonly weightBytes: number;
  /** Tables of what depends on positions alone: no parameters, computed before the first run. */
  readonly constantBytes: number;
  readonly constants: readonly ConstantReport[];
  /** The planned arena of intermediates. */
  readonly activationBytes: number;
  /** The largest sum of values that live at the same time: less is only possible where results replace operands. */
  readonly activationLowerBound: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** What lives across calls: caches and the like. */
  readonly stateBytes: number;
  /** Set with `--memory` where not all weights stay on the device. */
  readonly streaming?: StreamingReport;
  /** Everything on the device together. */
  readonly peakBytes: number;
  readonly kernels: readonly KernelReport[];
}

/** All but the counts in bytes. */
type StreamingReport = NonNullable<MemoryReport["streaming"]> &
  Pick<MemoryReport["planned"], "resident" | "slots">;

interface ConstantReport {
  readonly name: string;
  readonly shape: readonly number[];
}

/** One WGSL text and all its dispatches together. */
interface KernelReport extends DispatchTotals {
  readonly name: string;
  readonly engine: string;
  readonly schedule: string;
  /** The same by the parts that it serves; those that differ in the numbers of list elements count as one. */
  readonly parts: readonly PartReport[];
}

/** `encoder.layers[0..48].attn.qkv`; empty for what stands outside of all parts. */
interface PartReport extends DispatchTotals {
  readonly part: string;
}

interface DispatchTotals {
  readonly count: number;
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly places: readonly string[];
}

export function inspectReport(artifact: Artifact): InspectReport {
  const { program } = artifact;
  const memory = memoryReport(artifact);
  const { plan, dispatches } = program;
  return {
    model: artifact.model,
    mode: artifact.mode,
    sizes: artifact.sizes,
    inputs: artifact.inputs.map(tensorReport),
    outputs: artifact.outputs.map(tensorReport),
    steps: stepReports(artifact),
    parameters: countParameters(artifact),
    macs: artifact.paperMacs,
    exactMacs: artifact.macs,
    flops: dispatches.reduce((sum, dispatch) => sum + dispatch.flops, 0),
    dispatches: dispatches.length,
    weightBytes: plan.weightBytes,
    constantBytes: plan.constantBytes,
    constants: program.constants.map(({ name, initAxes }) => ({
      name,
      shape: initAxes.map(({ extent }) => extent),
    })),
    activationBytes: plan.arenaBytes,
    activationLowerBound: plan.lowerBound,
    inputBytes: plan.inputBytes,
    outputBytes: plan.outputBytes,
    stateBytes: plan.stateBytes,
    ...(memory.streaming && {
      streaming: {
        ...memory.streaming,
        resident: memory.planned.resident,
        slots: memory.planned.slots,
      },
    }),
    peakBytes: program.buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    kernels: program.kernels.map((kernel, index) => {
      const own = dispatches.filter((dispatch) => dispatch.kernel === index);
      const { name, engine, schedule } = kernel;
      const byPart = [...groupByPart(own, ({ part }) => part)];
      const parts = byPart.map(([part, some]) => ({ part, ...totalsOf(some) }));
      return { name, engine, schedule, ...totalsOf(own), parts };
    }),
  };
}

function totalsOf(dispatches: readonly Dispatch[]): DispatchTotals {
  return {
    count: dispatches.length,
    flops: total(dispatches, ({ flops }) => flops),
    bytesRead: total(dispatches, ({ bytesRead }) => bytesRead),
    bytesWritten: total(dispatches, ({ bytesWritten }) => bytesWritten),
    places: [...new Set(dispatches.flatMap(({ places }) => places))],
  };
}

function tensorReport(tensor: TensorReport): TensorReport {
  const { name, element, shape } = tensor;
  return { name, element, shape };
}

function total(dispatches: readonly Dispatch[], amount: (dispatch: Dispatch) => number): number {
  return dispatches.reduce((sum, dispatch) => sum + amount(dispatch), 0);
}

/** By part: the path up to the first index, so that the layers of an encoder count as one. */
function countParameters(artifact: Artifact): InspectReport["parameters"] {
  const parts: Record<string, number> = {};
  let all = 0;
  for (const { kind, path, shape } of artifact.stored) {
    if (kind === "state") continue;
    const count = shape.reduce((product, dimension) => product * dimension.size, 1);
    const part = partOf(path);
    parts[part] = (parts[part] ?? 0) + count;
    all += count;
  }
  return { total: all, parts };
}

/** `encoder.layers.3.attn.qkv.weight` belongs to `encoder.layers`, `head.weight` to `head`. */
export function partOf(path: string): string {
  const words = path.split(".");
  const index = words.findIndex((word) => /^\d+$/.test(word));
  return index > 0
    ? words.slice(0, index).join(".")
    : words.slice(0, Math.max(1, words.length - 1)).join(".");
}
