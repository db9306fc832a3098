import { invariant } from "../../diagnostics/internal-error.ts";
import type { Attrs, TensorType } from "../../ir/graph/graph.ts";
import { axisOf, onlyInput, replaceAxes, withoutAxes } from "../build/type-rules.ts";
import { defineOp, type Extent, type OpSample, type ReferenceTensor } from "../define-op.ts";
import { elementsOf, tensorAt, tensorOf, withPositions } from "../reference.ts";

const noGradient = "positions do not change with small changes of the elements";

/** Positions of the largest elements. Ties go to the lower position. */
export const argmaxOp = defineOp({
  name: "argmax",
  doc: "`argmax{K}(x)`: the position of the largest element, as `i32`: the first of equals, and of NaN where there is one.",
  infer: (inputs, attrs) => ({
    element: "i32",
    axes: withoutAxes(onlyInput(inputs).axes, [axisOf(attrs, "axis")]),
  }),
  gradient: noGradient,
  lowering: { kind: "positions" },
  reference: (inputs, attrs, type, extent) => ranked(inputs, attrs, type, extent, () => 0),
  samples: [
    rankingSample("the last axis", false, [-2, 2], "f32"),
    rankingSample("ties", false, [0, 2], "i32"),
  ],
});

export const topOp = defineOp({
  name: "top",
  doc: "`top{K -> P}(x)`: the positions of the `P` largest elements, largest first, as `i32`; NaN counts as the largest.",
  infer: (inputs, attrs) => ({
    element: "i32",
    axes: replaceAxes(onlyInput(inputs).axes, [axisOf(attrs, "axis")], [axisOf(attrs, "to")]),
  }),
  gradient: noGradient,
  lowering: { kind: "positions" },
  reference: (inputs, attrs, type, extent) => {
    const to = axisOf(attrs, "to");
    return ranked(inputs, attrs, type, extent, (at) => at(to));
  },
  samples: [
    rankingSample("three of seven", true, [-2, 2], "f32"),
    rankingSample("ties", true, [0, 2], "i32"),
    rankingSample("all the same", true, [0, 0], "f32"),
    rankingSample("more places than are looked for one by one", true, [-2, 2], "f32", [40, 33]),
  ],
});

function ranked(
  inputs: readonly ReferenceTensor[],
  attrs: Attrs,
  type: TensorType,
  extent: Extent,
  rankAt: (at: Parameters<Parameters<typeof tensorOf>[2]>[0]) => number,
): ReferenceTensor {
  const axis = axisOf(attrs, "axis");
  const read = elementsOf(tensorAt(inputs, 0), extent);
  return tensorOf(type, extent, (at) => {
    const values = Array.from({ length: extent(axis) }, (_, position) => ({
      position,
      value: read(withPositions(at, [axis], [position])),
    }));
    // Sorting is stable, so equal elements stay in the order of their positions.
    const found = values.sort((a, b) => descending(a.value, b.value))[rankAt(at)];
    invariant(found !== undefined, `${axis.name} has too few elements`);
    return found.position;
  });
}

/** The larger first, NaN before all numbers; zeros and equal infinities are level. */
function descending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a === b ? 0 : b > a ? 1 : -1;
}

function rankingSample(
  name: string,
  isTop: boolean,
  range: readonly [number, number],
  element: "f32" | "i32",
  [elements, places]: readonly [number, number] = [7, 3],
): OpSample {
  return {
    name,
    make: (build) => {
      const [b, k, d] = [build.axis("B", 3), build.axis("K", elements), build.axis("D", 2)];
      const attrs = isTop ? { axis: k, to: build.axis("P", places) } : { axis: k };
      return { inputs: [{ element, axes: [b, k, d] }], attrs };
    },
    ranges: [range],
  };
}
