import type { Kernel } from "../../ir/kernel/kernel.ts";

/** What a kernel that does the work of two reads as it was before the step: fields for the kernel. */
export function readsBeforeOf(one: Kernel, other: Kernel): Pick<Kernel, "readsBefore"> {
  const read = [...(one.readsBefore ?? []), ...(other.readsBefore ?? [])];
  return read.length === 0 ? {} : { readsBefore: [...new Set(read)] };
}
