import type { Axis } from "../ir/graph/graph.ts";
import type { OpSample } from "./define-op.ts";

type SampleAxes = Readonly<Record<"n" | "b" | "p" | "d", Axis>>;

/** Axes of the tensor, of the positions along its axis `n`, and of values to be put there. */
type PositionedAxes = readonly [
  tensor: readonly Axis[],
  positions: readonly Axis[],
  values?: readonly Axis[],
];

/** Of an operation that reads or writes at positions: drawn up to `beyond` elements outside of the axis. */
export function positionSample(
  name: string,
  axesOf: (axes: SampleAxes) => PositionedAxes,
  beyond: number,
): OpSample {
  return {
    name,
    make: (build) => {
      const n = build.axis("N", 5);
      const [b, p, d] = [build.axis("B", 2), build.axis("P", 3), build.axis("D", 2)];
      const [tensor, positions, values] = axesOf({ n, b, p, d });
      return {
        inputs: [
          { element: "f32", axes: tensor },
          { element: "i32", axes: positions },
          ...(values === undefined ? [] : [{ element: "f32" as const, axes: values }]),
        ],
        attrs: { axis: n },
      };
    },
    ranges: [
      [-2, 2],
      [-beyond, 4 + beyond],
      [-2, 2],
    ],
  };
}
