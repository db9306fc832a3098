import { merge, reorder, split } from "../build/build-movement.ts";
import { mergedType, splitType } from "../build/movement-types.ts";
import { axesOf, axisOf } from "../build/type-rules.ts";
import { defineOp } from "../define-op.ts";
import { operandOf } from "../gradient.ts";
import { linearIndex, spreadIndex, view, withIndices } from "../lowering.ts";
import { linearPosition, moved, spreadPosition, withPositions } from "../reference.ts";

/** One axis as several and several as one, row-major as written. */
export const splitOp = defineOp({
  name: "split",
  doc: "`split{D -> H, K}(x)`: element `h * K + k` of `D` becomes `h, k`.",
  infer: splitType,
  gradient: ({ build, value, gradient, origin }) => {
    const axis = axisOf(value.attrs, "axis");
    return [merge(build, gradient, axesOf(value.attrs, "to"), axis, origin)];
  },
  lowering: view(({ attrs, at, extent, input }) => {
    const position = linearIndex(axesOf(attrs, "to"), extent, at);
    return input(0, withIndices(at, [axisOf(attrs, "axis")], [position]));
  }),
  reference: moved((at, attrs, extent) => {
    const position = linearPosition(axesOf(attrs, "to"), extent, at);
    return withPositions(at, [axisOf(attrs, "axis")], [position]);
  }),
  samples: [
    {
      name: "the middle axis in three",
      make: (build) => {
        const [n, d, e] = [build.axis("N", 2), build.axis("D", 30), build.axis("E", 3)];
        const to = [build.axis("A", 2), build.axis("B", 3), build.axis("C", 5)];
        return { inputs: [{ element: "f32", axes: [n, d, e] }], attrs: { axis: d, to } };
      },
    },
    {
      name: "off an axis of size 1",
      make: (build) => {
        const d = build.axis("D", 7);
        const to = [build.axis("One", 1), build.axis("H", 7)];
        return { inputs: [{ element: "i32", axes: [d] }], attrs: { axis: d, to } };
      },
    },
  ],
});

export const mergeOp = defineOp({
  name: "merge",
  doc: "`merge{H, K -> D}(x)`: `h, k` becomes element `h * K + k` of `D`, in the place of the first.",
  infer: mergedType,
  gradient: ({ build, value, gradient, origin }) => {
    const axes = axesOf(value.attrs, "axes");
    const spread = split(build, gradient, axisOf(value.attrs, "to"), axes, origin);
    return [reorder(build, spread, operandOf(value, 0).type.axes, origin)];
  },
  lowering: view(({ attrs, at, extent, input }) => {
    const axes = axesOf(attrs, "axes");
    return input(0, withIndices(at, axes, spreadIndex(axes, extent, at(axisOf(attrs, "to")))));
  }),
  reference: moved((at, attrs, extent) => {
    const axes = axesOf(attrs, "axes");
    return withPositions(at, axes, spreadPosition(axes, extent, at(axisOf(attrs, "to"))));
  }),
  samples: [
    {
      name: "neighbours",
      make: (build) => {
        const [n, h, k] = [build.axis("N", 2), build.axis("H", 3), build.axis("K", 5)];
        const attrs = { axes: [h, k], to: build.axis("D", 15) };
        return { inputs: [{ element: "f32", axes: [n, h, k] }], attrs };
      },
    },
    {
      name: "three axes that are no neighbours, in another order",
      make: (build) => {
        const [n, h, k] = [build.axis("N", 2), build.axis("H", 3), build.axis("K", 5)];
        const one = build.axis("One", 1);
        const attrs = { axes: [k, one, n], to: build.axis("D", 10) };
        return { inputs: [{ element: "f32", axes: [n, h, one, k] }], attrs };
      },
    },
  ],
});
