import type { Expr } from "../../ir/expr/expr-form.ts";
import type { Axis, Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import type { Store } from "../../ir/kernel/loops.ts";
import { isInside, reachesOnce } from "../../ir/kernel/partial-store.ts";
import { axisOf } from "../../ops/build/type-rules.ts";
import { type ElementFacts, ElementInliner } from "./inline-element.ts";

/** What has to be known of a graph to find its updates. */
interface UpdateFacts extends ElementFacts {
  readonly graph: Graph;
  readonly outputs: ReadonlySet<Value>;
  readonly extent: (axis: Axis) => number;
  readonly extentsOf: (axes: readonly Axis[]) => readonly number[];
  readonly readersOf: (value: Value) => readonly Value[];
  readonly loweringOf: (value: Value) => { readonly kind: string };
}

/** `put{axis: positions}(state, values)` of which only the values are stored; the rest stays as it is. */
export interface StateUpdate {
  readonly state: GraphStored;
  /** The state as the call leaves it: others read it as a stored tensor. */
  readonly put: Value;
  readonly axis: Axis;
  readonly positions: Value;
  readonly values: Value;
}

/**
 * The states that are updated in place by what makes the values, by their `put`: nothing else needs the
 * state as it was, and no two values go to one place, so that their order means nothing.
 */
export function stateUpdates(facts: UpdateFacts): ReadonlyMap<Value, StateUpdate> {
  const updates = new Map<Value, StateUpdate>();
  for (const state of facts.graph.stored) {
    const { next: put } = state;
    const [base, positions, values] = put.op === "put" ? put.inputs : [];
    if (base !== state.value || positions === undefined || values === undefined) continue;
    const isElsewhere = facts.readersOf(base).length > 1 || facts.outputs.has(base);
    const update = { state, put, axis: axisOf(put.attrs, "axis"), positions, values };
    if (!isElsewhere && !new Set([positions, values]).has(base) && isApart(update, facts))
      updates.set(put, update);
  }
  return updates;
}

/** Can it be told here, whatever is in the tensors that the positions are read from? */
function isApart(update: StateUpdate, facts: UpdateFacts): boolean {
  const { values, put } = update;
  const opaque = new ElementInliner(facts, (value, at) => {
    if (facts.loweringOf(value).kind === "element") return undefined;
    return { kind: "load", tensor: value.id, at, type: "i32" };
  });
  const at = values.type.axes.map((axis) => facts.indexOf(axis));
  const store = storeOfUpdate(update, 0, at, opaque, facts);
  const axes = values.type.axes.map((axis) => ({
    id: axis.id,
    name: axis.name,
    extent: facts.extent(axis),
  }));
  return reachesOnce(store, { shape: facts.extentsOf(put.type.axes) }, axes);
}

/** The store of an update whose values stand at `at`; its value is the element there. */
export function storeOfUpdate(
  { put, axis, positions, values }: StateUpdate,
  tensor: number,
  at: readonly Expr[],
  inliner: ElementInliner,
  facts: UpdateFacts,
): Store {
  const positionOf = (own: Axis): Expr => at[values.type.axes.indexOf(own)] ?? facts.indexOf(own);
  const target = inliner.element(positions, positions.type.axes.map(positionOf));
  const when = isInside(target, facts.extent(axis));
  return {
    tensor,
    at: put.type.axes.map((own) => (own === axis ? target : positionOf(own))),
    value: inliner.element(values, at),
    partial: true,
    ...(when && { when }),
  };
}
