import type { Packing } from "../../artifact.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { loadedTensors } from "../../ir/kernel/kernel-tensors.ts";

import { bytesOf } from "../../ir/kernel/tensor-address.ts";
import type { ScheduledKernel } from "../../ir/schedule.ts";
import { schedulingOf } from "../engines/scheduling-registry.ts";
import { type KernelKey, kernelKey, repackedKey } from "../kernel-program/kernel-key.ts";
import { rebaseKernel } from "../split/rebase-kernel.ts";
import { scheduleKernel } from "./choose-schedule.ts";

export interface ScheduledProgram {
  /** Kernels that differ in more than their tensors, in the order of first use. */
  readonly kernels: readonly ScheduledKernel[];
  /** One per kernel of the program: which of `kernels` it is, and its own tensors for that one's. */
  readonly uses: readonly KernelUse[];
  readonly packingOf: (tensor: number) => Packing;
}

interface KernelUse {
  readonly kernel: number;
  /** From a tensor of the scheduled kernel to the tensor that stands in its place here. */
  readonly tensorFor: (tensor: number) => number;
  /** How many elements after the first one of a tensor that stands here its binding begins. */
  readonly shiftOf: (tensor: number) => number;
}

/** How a kernel is scheduled, and its key as tensors were packed by then. */
interface Chosen {
  readonly scheduled: ScheduledKernel;
  readonly key: KernelKey;
}

const rowMajor: Packing = { kind: "row-major" };

/**
 * Chooses schedules. Kernels that are equal but for their tensors share one. Where kernels that share a
 * parameter want it packed in different ways, the one with the fewest rows decides: it multiplies each
 * weight so few times that reading it is all it does, and others can make do with any packing.
 */
export function scheduleProgram(program: KernelProgram, profile: DeviceProfile): ScheduledProgram {
  const largest = Math.min(profile.maxStorageBufferBindingSize, profile.maxBufferSize);
  const packings = new Map<number, Packing>();
  const drafts = new Map<
    string,
    { readonly scheduled: ScheduledKernel; readonly tensors: readonly number[] }
  >();
  const chosen = new Map<Kernel, Chosen>();
  const packingOf = (tensor: number): Packing | undefined => packings.get(tensor);
  const operands = packedOperandsOf(program);
  const mayShift = ({ id, role }: KernelTensor) => role !== "parameter" || !operands.has(id);
  const rebased = program.kernels.map((kernel) => rebaseKernel(kernel, program.tensors, mayShift));
  for (const kernel of byRows(rebased.map((one) => one.kernel))) {
    const key = kernelKey(kernel, program.tensors, packingOf);
    let draft = drafts.get(key.text);
    if (draft === undefined) {
      const scheduled = scheduleKernel(kernel, program.tensors, profile, packingOf);
      draft = { scheduled, tensors: key.tensors };
      drafts.set(key.text, draft);
    }
    for (const { tensor, packing } of draft.scheduled.packings) {
      const own = key.tensors[draft.tensors.indexOf(tensor)] ?? tensor;
      // A packing pads: a tensor at the limit of a binding stays as it is.
      const isBindable = bytesOf(program.tensors[own] as KernelTensor, packing) <= largest;
      if (isBindable && !packings.has(own)) packings.set(own, packing);
    }
    chosen.set(kernel, { scheduled: draft.scheduled, key });
  }
  // A packing that was decided late may tell apart what was scheduled as one.
  const kernels: ScheduledKernel[] = [];
  const known = new Map<string, { readonly number: number; readonly tensors: readonly number[] }>();
  const uses = rebased.map(({ kernel, shifts }): KernelUse => {
    const { scheduled, key: before } = chosen.get(kernel) as Chosen;
    const key = repackedKey(before, program.tensors, packingOf);
    const text = `${scheduled.schedule} ${JSON.stringify(scheduled.nest)}\n${key.text}`;
    let own = known.get(text);
    if (own === undefined) {
      own = { number: kernels.length, tensors: key.tensors };
      known.set(text, own);
      kernels.push({ ...scheduled, kernel });
    }
    const { number, tensors } = own;
    const places = new Map(tensors.map((tensor, place) => [tensor, key.tensors[place] ?? tensor]));
    return {
      kernel: number,
      tensorFor: (tensor) => places.get(tensor) ?? tensor,
      shiftOf: (tensor) => shifts.get(tensor) ?? 0,
    };
  });
  return { kernels, uses, packingOf: (tensor) => packings.get(tensor) ?? rowMajor };
}

/** What a schedule may want packed in another way, without a place to begin at. */
function packedOperandsOf({ kernels }: KernelProgram): ReadonlySet<number> {
  const exprs = kernels.flatMap(
    ({ engine }) => schedulingOf(engine).packing?.operands(engine) ?? [],
  );
  return new Set(loadedTensors(exprs));
}

/** In order, but those that want packings first, and of these those with the fewest rows before the others. */
function byRows(kernels: readonly Kernel[]): readonly Kernel[] {
  const rowsOf = ({ engine }: Kernel): number =>
    schedulingOf(engine).packing?.rows(engine) ?? Number.MAX_SAFE_INTEGER;
  return kernels.toSorted((a, b) => rowsOf(a) - rowsOf(b));
}
