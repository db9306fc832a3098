import type { ElementType, TensorType } from "../ir/graph/graph.ts";
import type { OpSample, SampleBuilder } from "./define-op.ts";

type Range = readonly [number, number];

/** Samples that many operations share. Sizes are 1 and small primes, which no tile divides. */
export function unarySamples(range: Range, element: ElementType = "f32"): readonly OpSample[] {
  return [
    {
      name: `${element} matrix`,
      make: (build) => ({ inputs: [matrix(build, element)], attrs: {} }),
      ranges: [range],
    },
    {
      name: `${element} scalar`,
      make: () => ({ inputs: [{ element, axes: [] }], attrs: {} }),
      ranges: [range],
    },
  ];
}

/** Equal axes, another order, a missing axis, axes on both sides that the other lacks. */
export function binarySamples(
  left: Range,
  right: Range,
  element: ElementType = "f32",
): readonly OpSample[] {
  const ranges = [left, right];
  const of = (...axes: TensorType["axes"]): TensorType => ({ element, axes });
  return [
    {
      name: `${element}, the right operand transposed`,
      make: (build) => {
        const [n, d] = [build.axis("N", 3), build.axis("D", 7)];
        return { inputs: [of(n, d), of(d, n)], attrs: {} };
      },
      ranges,
    },
    {
      name: `${element}, the left operand repeated`,
      make: (build) => {
        const [n, d] = [build.axis("N", 5), build.axis("D", 2)];
        return { inputs: [of(d), of(n, d)], attrs: {} };
      },
      ranges,
    },
    {
      name: `${element}, an outer product with an axis of size 1`,
      make: (build) => {
        const [n, m, one] = [build.axis("N", 3), build.axis("M", 2), build.axis("One", 1)];
        return { inputs: [of(n, one), of(m)], attrs: {} };
      },
      ranges,
    },
    {
      name: `${element} scalars`,
      make: () => ({ inputs: [of(), of()], attrs: {} }),
      ranges,
    },
  ];
}

function matrix(build: SampleBuilder, element: ElementType): TensorType {
  return { element, axes: [build.axis("N", 3), build.axis("D", 5)] };
}
