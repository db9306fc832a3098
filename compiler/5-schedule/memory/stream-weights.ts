import type { StreamingSpec } from "../../artifact.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { readsOf } from "../../ir/kernel/kernel-tensors.ts";
import { partsAtOnce, type WeightPart } from "../kernel-program/weight-parts.ts";
import { fillSlots, type SlotPlaces } from "./fill-slots.ts";

/** Weights that do not stay on the device. All others do. */
export interface StreamedWeights extends SlotPlaces {
  readonly groups: StreamingSpec["groups"];
  readonly segments: StreamingSpec["segments"];
}

/** Nothing that is tried fits. */
export interface Shortfall {
  /** The least bytes for weights that would do. */
  readonly least: number;
  /** Tensors that one kernel reads and that are the most. */
  readonly tensors: readonly number[];
}

/** A submit and a wait for memory cost little beside as much work as this. */
const usualSlot = 256 * 2 ** 20;

/**
 * Divides the weights among what stays and what passes through two slots in turn. Parts are what one kernel
 * reads at once; neighbours in the order of first use make a group, each an eighth of the room. What room is left keeps groups on the device: those that would make a slot larger and those that a
 * step comes back to, then every nth, so that the next group arrives while kernels work whose weights are
 * there already.
 */
export function streamWeights(
  program: KernelProgram,
  bytesOf: (tensor: number) => number,
  room: number,
  maxBufferSize: number,
): StreamedWeights | Shortfall {
  const total = sum(program.tensors.map((one) => (isParameter(one) ? bytesOf(one.id) : 0)));
  let shortfall: Shortfall = { least: Number.POSITIVE_INFINITY, tensors: [] };
  // Norms and biases stay, unless all together they are too many.
  for (const small of [Math.floor(total / 2048), 0]) {
    const parts = partsAtOnce(program, bytesOf, small);
    const left = room - parts.stayingBytes;
    const wished = Math.max(0, Math.min(usualSlot, Math.floor(left / 8), maxBufferSize));
    for (const slot of [wished, 0]) {
      const groups = groupParts(parts.moving, slot);
      const revisited = groups.filter(({ isRevisited }) => isRevisited);
      const wanted = groups.filter(({ isRevisited, bytes }) => isRevisited || bytes > slot);
      for (const kept of [wanted, revisited, []]) {
        const moving = groups.filter((group) => !kept.includes(group));
        const base = slotBytes(moving, bytesOf, maxBufferSize) + bytesIn(kept);
        const least = parts.stayingBytes + base;
        if (least < shortfall.least) shortfall = { least, tensors: largestOf(groups).tensors };
        if (base > left) continue;
        const streamed = keepMore(moving, left - bytesIn(kept), bytesOf, maxBufferSize);
        return {
          ...fillSlots(streamed, bytesOf, maxBufferSize),
          groups: streamed.map(({ tensors, bytes }, n) => ({ slot: n % 2, tensors, bytes })),
          segments: segmentsOf(program, streamed),
        };
      }
    }
  }
  return shortfall;
}

export function isShortfall(found: StreamedWeights | Shortfall): found is Shortfall {
  return "least" in found;
}

function largestOf(parts: readonly WeightPart[]): WeightPart {
  const nothing: WeightPart = { tensors: [], bytes: 0, isRevisited: false };
  return parts.reduce((a, b) => (b.bytes > a.bytes ? b : a), nothing);
}

function groupParts(parts: readonly WeightPart[], most: number): readonly WeightPart[] {
  const groups: WeightPart[] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    const fits = last !== undefined && last.bytes + part.bytes <= most;
    if (!fits || last.isRevisited !== part.isRevisited) groups.push(part);
    else
      groups[groups.length - 1] = {
        tensors: [...last.tensors, ...part.tensors],
        bytes: last.bytes + part.bytes,
        isRevisited: last.isRevisited,
      };
  }
  return groups;
}

const mostAttempts = 1024;

/** The groups that are left when as many stay on the device as there is room for beside the slots. */
function keepMore(
  groups: readonly WeightPart[],
  room: number,
  bytesOf: (tensor: number) => number,
  maxBufferSize: number,
): readonly WeightPart[] {
  const total = bytesIn(groups);
  for (let spare = room - slotBytes(groups, bytesOf, maxBufferSize); spare > 0; ) {
    const left = withoutEveryNth(groups, spare);
    // Other groups meet in a slot now, and may take more of it.
    const needed = slotBytes(left, bytesOf, maxBufferSize) + total - bytesIn(left);
    if (needed <= room) return left;
    // Where a few bytes are missing, so many would change nothing, again and again.
    spare -= Math.max(needed - room, room / mostAttempts);
  }
  return groups;
}

/** Leaves out groups of `spare` bytes at most, evenly along the way. */
function withoutEveryNth(groups: readonly WeightPart[], spare: number): readonly WeightPart[] {
  const share = spare / Math.max(1, bytesIn(groups));
  let seen = 0;
  let kept = 0;
  return groups.filter(({ bytes }) => {
    seen += bytes;
    if (kept + bytes > share * seen) return true;
    kept += bytes;
    return false;
  });
}

function slotBytes(
  groups: readonly WeightPart[],
  bytesOf: (tensor: number) => number,
  maxBufferSize: number,
): number {
  return bytesIn(fillSlots(groups, bytesOf, maxBufferSize).buffers);
}

function bytesIn(list: readonly { readonly bytes: number }[]): number {
  return sum(list.map(({ bytes }) => bytes));
}

/** Kernels in a row that get along with one group, or with none: they go with those before them. */
function segmentsOf(
  { kernels }: KernelProgram,
  groups: readonly WeightPart[],
): StreamingSpec["segments"] {
  const groupOf = new Map(groups.flatMap(({ tensors }, n) => tensors.map((id) => [id, n])));
  const segments: { from: number; to: number; group: number | undefined }[] = [];
  kernels.forEach((kernel, index) => {
    const last = segments.at(-1);
    const own = readsOf(kernel)
      .map((tensor) => groupOf.get(tensor))
      .find((group) => group !== undefined);
    const isNewStep = kernels[index - 1]?.step !== kernel.step;
    const goesOn = own === undefined || last?.group === undefined || last.group === own;
    if (last === undefined || isNewStep || !goesOn)
      segments.push({ from: index, to: index + 1, group: own });
    else {
      last.to = index + 1;
      last.group ??= own;
    }
  });
  return segments.map(({ from, to, group }) => ({
    from,
    to,
    ...(group === undefined ? {} : { group }),
  }));
}

function isParameter({ role }: { readonly role: string }): boolean {
  return role === "parameter";
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
