import { InternalError, invariant } from "../../../diagnostics/internal-error.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import { combineOf } from "../../../ops/build/build-movement.ts";
import { axisOf } from "../../../ops/build/type-rules.ts";
import type { EngineSite, FusedEngine, StoredEngine } from "./fused-engine.ts";

export const fusedScatter: FusedEngine<"scatter"> = {
  // It finds its places in the tensor as it is: what is seen of it is copied from there.
  joins: "nothing",
  reusesInputs: true,
  open({ group }) {
    throw new InternalError(`${group.head.op} is stored, and never read as a reduction`);
  },
  store(site, _, tensor, at) {
    const { group, loopsOf, withLoops, element } = site;
    const { head } = group;
    if (head.op === "put_sorted") return sorted(site, tensor, at);
    const [base, positions, values] = head.inputs;
    const axis = head.attrs.axis as Axis;
    const combine = combineOf(head.attrs);
    invariant(
      base !== undefined && positions !== undefined && values !== undefined,
      "put needs a base, positions and values",
    );
    const { axes } = head.type;
    const own = positions.type.axes.filter((other) => other === axis || !axes.includes(other));
    const before = element(base);
    const { updates, position, update } = withLoops(own, (loops) => ({
      updates: loops,
      position: element(positions),
      update: element(values),
    }));
    const target = at.map((here, n) => (axes[n] === axis ? position : here));
    return {
      engine: { kind: "scatter", grid: loopsOf(axes), updates, ...(combine && { combine }) },
      stores: [
        { tensor, at, value: before },
        { tensor, at: target, value: update },
      ],
    };
  },
};

/** Updates that are sorted: each element of the base looks at those between two numbers of its own. */
function sorted(
  { group: { head }, loopsOf, withLoops, element }: EngineSite,
  tensor: number,
  at: readonly Expr[],
): StoredEngine<"scatter"> {
  const [base, first, end, values] = head.inputs;
  invariant(
    base !== undefined && first !== undefined && end !== undefined && values !== undefined,
    "put_sorted needs a base, where updates begin and end, and these",
  );
  const combine = combineOf(head.attrs);
  const before = element(base);
  const range = { from: element(first), to: element(end) };
  const { updates, update } = withLoops([axisOf(head.attrs, "order")], (loops) => ({
    updates: loops,
    update: element(values),
  }));
  const grid = loopsOf(head.type.axes);
  return {
    engine: { kind: "scatter", grid, updates, ...(combine && { combine }), range },
    stores: [
      { tensor, at, value: before },
      { tensor, at, value: update },
    ],
  };
}
