import { rename, reorder } from "../build/build-movement.ts";
import { sumTo } from "../build/build-reduction.ts";
import { expandedType, renamedType, reorderedType } from "../build/movement-types.ts";
import { axesOf } from "../build/type-rules.ts";
import { defineOp } from "../define-op.ts";
import { operandOf } from "../gradient.ts";
import { view } from "../lowering.ts";
import { moved } from "../reference.ts";

/** Other names, another order, more axes: the elements stay as they are. */
export const renameOp = defineOp({
  name: "rename",
  doc: "`rename{N -> M}(x)`: `M` in the place of `N`, of the same size.",
  infer: renamedType,
  gradient: ({ build, value, gradient, origin }) => {
    const [from, to] = [axesOf(value.attrs, "from"), axesOf(value.attrs, "to")];
    return [rename(build, gradient, to, from, origin)];
  },
  lowering: view(({ attrs, at, input }) => {
    const [from, to] = [axesOf(attrs, "from"), axesOf(attrs, "to")];
    return input(0, (axis) => at(to[from.indexOf(axis)] ?? axis));
  }),
  reference: moved((at, attrs) => {
    const [from, to] = [axesOf(attrs, "from"), axesOf(attrs, "to")];
    return (axis) => at(to[from.indexOf(axis)] ?? axis);
  }),
  samples: [
    {
      name: "two axes exchanged",
      make: (build) => {
        const [n, m, d] = [build.axis("N", 3), build.axis("M", 3), build.axis("D", 2)];
        return {
          inputs: [{ element: "f32", axes: [n, d, m] }],
          attrs: { from: [n, m], to: [m, n] },
        };
      },
    },
    {
      name: "one axis",
      make: (build) => {
        const [n, m, d] = [build.axis("N", 3), build.axis("M", 3), build.axis("D", 2)];
        return { inputs: [{ element: "i32", axes: [n, d] }], attrs: { from: [n], to: [m] } };
      },
    },
  ],
});

export const reorderOp = defineOp({
  name: "reorder",
  doc: "The same axes in another order.",
  infer: reorderedType,
  gradient: ({ build, value, gradient, origin }) => [
    reorder(build, gradient, operandOf(value, 0).type.axes, origin),
  ],
  lowering: view(({ at, input }) => input(0, at)),
  reference: moved((at) => at),
  samples: [
    {
      name: "three axes turned",
      make: (build) => {
        const [n, m, d] = [build.axis("N", 3), build.axis("M", 2), build.axis("D", 5)];
        return { inputs: [{ element: "f32", axes: [n, m, d] }], attrs: { axes: [d, n, m] } };
      },
    },
  ],
});

export const expandOp = defineOp({
  name: "expand",
  doc: "`expand{B}(x)`: repeated along axes that it lacked, in front.",
  infer: expandedType,
  gradient: ({ build, value, gradient, origin }) => [
    sumTo(build, gradient, operandOf(value, 0).type, origin),
  ],
  lowering: view(({ at, input }) => input(0, at)),
  reference: moved((at) => at),
  samples: [
    {
      name: "a vector",
      make: (build) => ({
        inputs: [{ element: "f32", axes: [build.axis("D", 5)] }],
        attrs: { axes: [build.axis("B", 2), build.axis("N", 3)] },
      }),
    },
    {
      name: "a scalar",
      make: (build) => ({
        inputs: [{ element: "bool", axes: [] }],
        attrs: { axes: [build.axis("N", 3)] },
      }),
    },
  ],
});
