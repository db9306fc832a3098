import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { readsOf } from "../../ir/kernel/kernel-tensors.ts";
import type { MemoryPlan } from "./plan-memory.ts";

/**
 * What is wrong with a plan that streams weights, by walking its segments: buffers within the budget, a
 * group within its slot and its tensors apart, and no kernel that reads a weight of a slot in which
 * another group is then. A kernel so never works on both slots, and the one that it does not work on
 * may be filled.
 */
export function wrongStreaming(
  { tensors, kernels }: KernelProgram,
  { streaming, tensors: places, buffers }: MemoryPlan,
): string | undefined {
  const nameOf = (tensor: number): string => tensors[tensor]?.name ?? String(tensor);
  const inSlot = tensors.filter(({ id }) => buffers[places[id]?.buffer ?? -1]?.role === "slot");
  if (streaming === undefined)
    return inSlot[0] && `${inSlot[0].name} lies in a slot that nothing fills`;
  const { budget, groups, segments } = streaming;
  const bytes = buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  if (bytes > budget) return `its buffers have ${bytes} bytes, the budget is ${budget}`;
  const groupOf = new Map<number, number>();
  const slotOf = new Map<number, number>();
  for (const [number, group] of groups.entries()) {
    const ends = new Map<number, number>();
    const inOrder = group.tensors.toSorted(
      (a, b) => (places[a]?.offset ?? 0) - (places[b]?.offset ?? 0),
    );
    for (const tensor of inOrder) {
      if (groupOf.has(tensor)) return `${nameOf(tensor)} is in two groups`;
      groupOf.set(tensor, number);
      const place = places[tensor];
      if (place === undefined || buffers[place.buffer]?.role !== "slot")
        return `${nameOf(tensor)} is streamed to no slot`;
      if (place.offset < (ends.get(place.buffer) ?? 0))
        return `${nameOf(tensor)} and its neighbour of group ${number} live at one place`;
      ends.set(place.buffer, place.offset + place.bytes);
      if ((slotOf.get(place.buffer) ?? group.slot) !== group.slot)
        return `${nameOf(tensor)} lies in the other slot than its group`;
      slotOf.set(place.buffer, group.slot);
    }
  }
  const forgotten = inSlot.find(({ id }) => !groupOf.has(id));
  if (forgotten !== undefined) return `${forgotten.name} is brought by no group`;
  let next = 0;
  for (const { from, to, group } of segments) {
    if (from !== next || to <= from) return `segments leave out or repeat kernel ${next}`;
    for (const kernel of kernels.slice(from, to)) {
      if (kernel.step !== kernels[from]?.step) return `a segment goes on into another step`;
      for (const tensor of readsOf(kernel)) {
        const own = groupOf.get(tensor);
        if (own !== undefined && own !== group)
          return `${kernel.name} reads ${nameOf(tensor)}, which is not in its slot then`;
      }
    }
    next = to;
  }
  return next === kernels.length ? undefined : `kernel ${next} is in no segment`;
}
