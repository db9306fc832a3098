import { InternalError, invariant } from "../../../diagnostics/internal-error.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import { combineOf } from "../../../ops/build/build-movement.ts";
import type { FusedEngine } from "./fused-engine.ts";

export const fusedScatter: FusedEngine<"scatter"> = {
  // It finds its places in the tensor as it is: what is seen of it is copied from there.
  joins: "nothing",
  reusesInputs: true,
  open({ group }) {
    throw new InternalError(`${group.head.op} is stored, and never read as a reduction`);
  },
  store({ group: { head }, loopsOf, withLoops, element }, _, tensor, at) {
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
