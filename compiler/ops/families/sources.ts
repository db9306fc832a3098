import { invariant } from "../../diagnostics/internal-error.ts";
import { intConstant } from "../../ir/expr/expr.ts";
import type { Attr, Attrs } from "../../ir/graph/graph.ts";
import { asAmount, numberOfAmount } from "../build/amount.ts";
import { segmentEnd, segmentStart } from "../build/join-layout.ts";
import { axisOf, elementOf, numberOf } from "../build/type-rules.ts";
import { defineOp, type Extent } from "../define-op.ts";
import { scalarConstant, view, within } from "../lowering.ts";
import { lowestOf, tensorOf } from "../reference.ts";

const noInput = "it has no operand that a gradient could flow to";

/** What makes a tensor from nothing but numbers and positions. */
export const constantOp = defineOp({
  name: "constant",
  doc: "A number of some type; `lowest` is the least finite number of the type, `infinity` and `nan` are what they are called. What f32 cannot hold is infinite.",
  infer: (_inputs, attrs) => ({ element: elementOf(attrs), axes: [] }),
  gradient: noInput,
  lowering: view(({ attrs, type }) => scalarConstant(constantValue(attrs), type.element)),
  reference: (_inputs, attrs, type, extent) => tensorOf(type, extent, () => constantValue(attrs)),
  samples: [
    { name: "f32", make: () => ({ inputs: [], attrs: { value: 0.75, element: "f32" } }) },
    {
      name: "lowest of f32",
      make: () => ({ inputs: [], attrs: { value: "lowest", element: "f32" } }),
    },
    { name: "i32", make: () => ({ inputs: [], attrs: { value: -7, element: "i32" } }) },
    { name: "bool", make: () => ({ inputs: [], attrs: { value: 1, element: "bool" } }) },
  ],
});

export const sizeOp = defineOp({
  name: "size",
  doc: "The product of sizes as a number; they may be known only when a program is made.",
  infer: (_inputs, attrs) => ({ element: elementOf(attrs), axes: [] }),
  gradient: noInput,
  lowering: view(({ attrs, type, extent }) =>
    scalarConstant(sizeProduct(attrs, extent), type.element),
  ),
  reference: (_inputs, attrs, type, extent) =>
    tensorOf(type, extent, () => sizeProduct(attrs, extent)),
  samples: [
    {
      name: "of two axes",
      make: (build) => {
        const sizes = [build.axis("N", 3).size, build.axis("D", 5).size];
        return { inputs: [], attrs: { sizes, element: "f32" } };
      },
    },
  ],
});

export const indexOp = defineOp({
  name: "index",
  doc: "`index{N}`: each position along `N`.",
  infer: (_inputs, attrs) => ({ element: "i32", axes: [axisOf(attrs, "axis")] }),
  gradient: noInput,
  lowering: view(({ attrs, at }) => at(axisOf(attrs, "axis"))),
  reference: (_inputs, attrs, type, extent) =>
    tensorOf(type, extent, (at) => at(axisOf(attrs, "axis"))),
  samples: [
    {
      name: "an axis",
      make: (build) => ({ inputs: [], attrs: { axis: build.axis("N", 5) } }),
    },
  ],
});

export const insideOp = defineOp({
  name: "inside",
  doc: "`inside{Seq: Query}`: whether a position of a join is in this segment.",
  infer: (_inputs, attrs) => ({ element: "bool", axes: [axisOf(attrs, "axis")] }),
  gradient: noInput,
  lowering: view(({ attrs, at, extent }) => {
    const axis = axisOf(attrs, "axis");
    const start = segmentStart(axis, numberOf(attrs, "segment"), extent);
    const end = segmentEnd(axis, numberOf(attrs, "segment"), extent);
    return within(at(axis), intConstant(start), intConstant(end));
  }),
  reference: (_inputs, attrs, type, extent) => {
    const axis = axisOf(attrs, "axis");
    const start = segmentStart(axis, numberOf(attrs, "segment"), extent);
    const end = segmentEnd(axis, numberOf(attrs, "segment"), extent);
    return tensorOf(type, extent, (at) => Number(at(axis) >= start && at(axis) < end));
  },
  samples: [0, 1, 2].map((segment) => ({
    name: `segment ${segment} of three`,
    make: (build) => {
      const [a, row, col] = [build.axis("A", 2), build.axis("Row", 2), build.axis("Col", 3)];
      const axis = build.join("Seq", [a], [row, col], [build.axis("Z", 1)]);
      return { inputs: [], attrs: { axis, segment } };
    },
  })),
});

function constantValue(attrs: Attrs): number {
  return attrs.value === "lowest" ? lowestOf(elementOf(attrs)) : numberOf(attrs, "value");
}

function sizeProduct(attrs: Attrs, extent: Extent): number {
  const { sizes } = attrs;
  invariant(Array.isArray(sizes), "attribute sizes is no list");
  return sizes.reduce(
    (product: number, size: Attr) => product * numberOfAmount(asAmount(size), extent),
    1,
  );
}
