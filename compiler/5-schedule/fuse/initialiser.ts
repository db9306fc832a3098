import type { StoredSpec } from "../../artifact.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import { loopId } from "../../ir/axis-ids.ts";
import { axisIndex } from "../../ir/expr/expr.ts";
import type { GraphStored } from "../../ir/graph/graph.ts";
import type { GraphFacts } from "./graph-facts.ts";
import { ElementInliner } from "./inline-element.ts";

/**
 * One element of the initialiser of what is stored, or of a table as an expression of its position: initialisers are element
 * rules all the way down, so that the runtime can fill any range of any of them alone.
 */
export function initialiserOf(
  stored: Pick<GraphStored, "path" | "value" | "init">,
  facts: GraphFacts,
): Pick<StoredSpec, "init" | "initAxes"> {
  const { axes } = stored.value.type;
  const initAxes = axes.map((axis, n) => ({ axis: n, extent: facts.extent(axis) }));
  const inliner = new ElementInliner(facts, () => undefined);
  const at = stored.init.type.axes.map((axis) => {
    const place = axes.indexOf(axis);
    invariant(place >= 0, `the initialiser of ${stored.path} has an axis of its own`);
    return axisIndex(loopId(place), facts.extent(axis));
  });
  return { init: inliner.element(stored.init, at), initAxes };
}
