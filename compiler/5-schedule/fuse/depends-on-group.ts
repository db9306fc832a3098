import type { Value } from "../../ir/graph/graph.ts";
import { type Group, placementIn } from "./group.ts";
import type { Placement } from "./place-value.ts";

/**
 * Would `value` have to wait, through some other kernel, for something that `group` makes? Then it cannot
 * be computed in that group: the two kernels would wait for each other. `joining` are values that join the
 * group together with this one.
 */
export function dependsOnGroup(
  group: Group,
  value: Value,
  joining: ReadonlyMap<Value, Placement>,
  groupOf: ReadonlyMap<Value, Group>,
): boolean {
  const first = group.head.id;
  const seen = new Set<Value>();
  const open = value.inputs.filter(
    (input) => !joining.has(input) && placementIn(group, input) === undefined,
  );
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const other = groupOf.get(next);
    if (other === group) return true;
    const parts = other === undefined ? [next] : [...other.members.keys()];
    // Inputs are older than what reads them: before the group's head nothing can wait for it.
    if (parts.every((part) => part.id < first)) continue;
    for (const part of parts) open.push(...part.inputs);
  }
  return false;
}
