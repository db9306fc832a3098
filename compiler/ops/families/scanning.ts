import { cumsum } from "../build/build-reduction.ts";
import { axisOf } from "../build/type-rules.ts";
import { defineOp, type OpSample } from "../define-op.ts";
import { elementsOf, tensorAt, tensorOf, withPositions } from "../reference.ts";

/** Sums of everything before each position. */
export const cumsumOp = defineOp({
  name: "cumsum",
  doc: "`cumsum{N}(x, exclusive, reverse)`: at each position the sum of what comes before it and, unless `exclusive`, of itself; with `reverse` of what comes after it.",
  infer: ([x]) => x ?? { element: "f32", axes: [] },
  gradient: ({ build, value: { attrs }, gradient, origin }) => {
    const how = { exclusive: attrs.exclusive === true, reverse: attrs.reverse !== true };
    return [cumsum(build, gradient, axisOf(attrs, "axis"), how, origin)];
  },
  lowering: { kind: "scan" },
  reference: (inputs, attrs, type, extent) => {
    const axis = axisOf(attrs, "axis");
    const read = elementsOf(tensorAt(inputs, 0), extent);
    return tensorOf(type, extent, (at) => {
      const here = at(axis);
      let total = 0;
      for (let position = 0; position < extent(axis); position++) {
        const isBefore = attrs.reverse === true ? position > here : position < here;
        const isItself = position === here && attrs.exclusive !== true;
        if (isBefore || isItself) total += read(withPositions(at, [axis], [position]));
      }
      return total;
    });
  },
  samples: [
    scanSample("f32, inclusive", 7, {}),
    scanSample("f32, exclusive", 1, { exclusive: true }),
    scanSample("f32, in reverse", 33, { reverse: true }),
    scanSample("f32, of blocks", 131, {}),
    scanSample("f32, of blocks, exclusive and in reverse", 137, { exclusive: true, reverse: true }),
  ],
});

function scanSample(
  name: string,
  size: number,
  { exclusive = false, reverse = false }: { exclusive?: boolean; reverse?: boolean },
): OpSample {
  return {
    name,
    make: (build) => {
      const [b, n, d] = [build.axis("B", 2), build.axis("N", size), build.axis("D", 3)];
      const attrs = { axis: n, exclusive, reverse };
      return { inputs: [{ element: "f32", axes: [b, n, d] }], attrs };
    },
  };
}
