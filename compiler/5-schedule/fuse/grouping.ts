import type { Value } from "../../ir/graph/graph.ts";
import type { Group } from "./group.ts";
import type { GroupOrder } from "./group-order.ts";
import type { Turn } from "./pieces-in-turn.ts";

/** Every group, and to which one a value belongs; views and what is inlined belong to none. */
export interface Grouping {
  readonly groups: Group[];
  readonly groupOf: Map<Value, Group>;
  readonly order: GroupOrder;
  /** What the order keeps beside what values read. */
  readonly turns: readonly Turn[];
}
