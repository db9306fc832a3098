import type { DeviceProfile } from "../../ir/device-profile.ts";
import { unflatten } from "../../ir/kernel/flat-axes.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import type { PackingOf } from "../../ir/schedule.ts";
import { AccessPatterns, fourPositions } from "./access-pattern.ts";
import { foldGroups } from "./fold-groups.ts";

/** Elements of a row that an invocation takes at once: four where all that it loads lies together. */
export function rowVector(
  { engine, stores }: Kernel<"row">,
  tensors: readonly KernelTensor[],
  packingOf: PackingOf,
): 1 | 4 {
  const positions = unflatten(engine.lanes, fourPositions(engine.lanes));
  const elementStores = stores.filter((store) => store.perRow !== true);
  const values = [...engine.reductions, ...elementStores].map(({ value }) => value);
  const loads = new AccessPatterns(tensors, packingOf).ofLoads(values, positions);
  const isVector = extentOfAll(engine.lanes) % 4 === 0 && loads.together > 0 && loads.apart === 0;
  return isVector ? 4 : 1;
}

/** One workgroup for each row, whose invocations share the loop over it. */
export function sharedLaneLoop<N extends "row-subgroup" | "row-workgroup">(
  kind: N,
  kernel: Kernel<"row">,
  { vector, workgroupSize }: { readonly vector: 1 | 4; readonly workgroupSize: number },
  profile: DeviceProfile,
) {
  const { workgroups, groupsPerLine } = foldGroups(extentOfAll(kernel.engine.grid), profile);
  const nest = { kind, vector, groupsPerLine };
  return { kernel, nest, workgroupSize, workgroups, packings: [] };
}
