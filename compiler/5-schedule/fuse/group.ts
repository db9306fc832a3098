import type { Value } from "../../ir/graph/graph.ts";
import type { EngineKind } from "../../ir/kernel/engines/engine-registry.ts";
import type { Contraction } from "./contraction.ts";
import type { GraphFacts } from "./graph-facts.ts";
import type { Loops, Placement } from "./place-value.ts";

/** Values that one kernel will compute. Which of them it stores is seen when the readers are built. */
export interface Group {
  readonly id: number;
  readonly engine: EngineKind;
  /** What made the group: the reduction, contraction, attention, or the only value of a map. */
  readonly head: Value;
  readonly loops: Loops;
  readonly contraction: Contraction | undefined;
  /** Only copies what is stored already: an input that is an output, an output that stands twice. */
  readonly isCopy: boolean;
  /** Values computed here, the head first, with their places in the loops. */
  readonly members: Map<Value, Placement>;
  /** Views of members: read through, stored only where one is an output. */
  readonly views: Map<Value, Placement>;
  endsBecause: string;
}

export function placementIn(group: Group, value: Value): Placement | undefined {
  return group.members.get(value) ?? group.views.get(value);
}

/** A map that computes one value, or copies it. */
export function mapGroup(id: number, head: Value, facts: GraphFacts, isCopy: boolean): Group {
  return {
    id,
    engine: "map",
    head,
    loops: { grid: head.type.axes, lanes: [] },
    contraction: undefined,
    isCopy,
    members: new Map([[head, head.type.axes.map((axis) => facts.indexOf(axis))]]),
    views: new Map(),
    endsBecause: "its readers need it stored",
  };
}
