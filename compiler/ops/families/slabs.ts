import { InternalError } from "../../diagnostics/internal-error.ts";
import { call, intConstant } from "../../ir/expr/expr.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { axesOf, numberOf } from "../build/type-rules.ts";
import { defineOp } from "../define-op.ts";
import { linearIndex, view } from "../lowering.ts";
import { elementCount, elementsOf, linearPosition, tensorOf } from "../reference.ts";

const behindGradients =
  "it is made behind the gradients, by a pass that nothing is differentiated after";

/**
 * Tensors end to end, each from the beginning of a row: rows of a slab are as long as every device lets a
 * binding begin. Fusion lets the tensors lie there, so that nothing is copied.
 */
export const slabOp = defineOp({
  name: "slab",
  doc: "Tensors of one element type end to end, row-major, each from the beginning of a row; what is left of its last row is 0.",
  infer: ([first], attrs) => {
    if (first === undefined) throw new InternalError("a slab of nothing");
    return { element: first.element, axes: axesOf(attrs, "axes") };
  },
  gradient: behindGradients,
  lowering: { kind: "storage" },
  reference: (inputs, attrs, type, extent) => {
    const [row, lane] = axesOf(attrs, "axes") as readonly [Axis, Axis];
    const data = new Float64Array(elementCount(type.axes, extent));
    let first = 0;
    for (const input of inputs) {
      data.set(input.data, first * extent(lane));
      first += rowsFor(input.data.length, extent(lane));
    }
    if (first !== extent(row)) throw new InternalError(`a slab of ${first} rows`);
    return { type, data };
  },
  samples: [],
});

export const slabPartOp = defineOp({
  name: "slab_part",
  doc: "One of the tensors of a slab, from row `first` on.",
  infer: ([slab], attrs) => ({ element: slab?.element ?? "f32", axes: axesOf(attrs, "axes") }),
  gradient: behindGradients,
  lowering: view(({ attrs, at, extent, input, inputTypes }) => {
    const [row, lane] = inputTypes[0]?.axes ?? [];
    const place = linearIndex(axesOf(attrs, "axes"), extent, at);
    return input(0, (axis) => {
      const lanes = intConstant(lane === undefined ? 1 : extent(lane));
      if (axis !== row) return call("mod", [place, lanes], "i32");
      const first = intConstant(numberOf(attrs, "first"));
      return call("add", [call("div", [place, lanes], "i32"), first], "i32");
    });
  }),
  reference: ([slab], attrs, type, extent) => {
    if (slab === undefined) throw new InternalError("a part of no slab");
    const [row, lane] = slab.type.axes as readonly [Axis, Axis];
    const read = elementsOf(slab, extent);
    return tensorOf(type, extent, (at) => {
      const place = linearPosition(type.axes, extent, at);
      const first = numberOf(attrs, "first") + Math.floor(place / extent(lane));
      return read((axis) => (axis === row ? first : place % extent(lane)));
    });
  },
  samples: [
    {
      name: "a matrix from the second row on",
      make: (build) => {
        const axes = [build.axis("Row", 4), build.axis("Lane", 5)];
        const own = [build.axis("N", 2), build.axis("D", 4)];
        return { inputs: [{ element: "f32", axes }], attrs: { first: 1, axes: own } };
      },
    },
    {
      name: "a number",
      make: (build) => {
        const axes = [build.axis("Row", 3), build.axis("Lane", 2)];
        return { inputs: [{ element: "f32", axes }], attrs: { first: 2, axes: [] } };
      },
    },
  ],
});

/** How many rows of a slab a tensor takes. */
export function rowsFor(elements: number, lanes: number): number {
  return Math.ceil(elements / lanes);
}
