import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { Engine } from "../../ir/kernel/engines/engine-registry.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";

/** Why a schedule whose workgroup is a subgroup does not run here; `undefined` where it does. */
export function refusedLanes(
  { subgroupSize: lanes }: DeviceProfile,
  { least, most }: { readonly least: number; readonly most: number },
): { readonly because: string } | undefined {
  if (lanes === 0) return { because: "the device has no subgroups of a fixed size" };
  if (lanes >= least && lanes <= most) return undefined;
  return { because: `subgroups of ${lanes} lanes are outside the tuned range` };
}

/** Why a contraction is too small for tiles of many invocations; `undefined` where it is not. */
export function refusedSize(
  { rows, columns, inner }: Engine<"contract">,
  least: { readonly rows: number; readonly columns: number; readonly inner: number },
): { readonly because: string } | undefined {
  if (extentOfAll(rows) < least.rows) return { because: "it has few rows" };
  if (extentOfAll(columns) < least.columns) return { because: "it has few columns" };
  if (extentOfAll(inner) < least.inner) return { because: "its inner axes are short" };
  return undefined;
}
