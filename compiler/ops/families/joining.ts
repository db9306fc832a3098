import { InternalError } from "../../diagnostics/internal-error.ts";
import { call, intConstant, select } from "../../ir/expr/expr.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { constant } from "../build/build.ts";
import { concat, element, segment } from "../build/build-movement.ts";
import { sumTo } from "../build/build-reduction.ts";
import { segmentAxes, segmentEnd, segmentStart } from "../build/join-layout.ts";
import { concatenatedType, segmentsOf, segmentType, stackedType } from "../build/movement-types.ts";
import { axisOf, numberOf } from "../build/type-rules.ts";
import { defineOp, type SampleBuilder } from "../define-op.ts";
import { operandOf } from "../gradient.ts";
import { linearIndex, shifted, spreadIndex, view, withIndices } from "../lowering.ts";
import {
  elementsOf,
  linearPosition,
  moved,
  spreadPosition,
  tensorOf,
  withPositions,
} from "../reference.ts";

/** Joins and stacks: several tensors one after the other. */
export const segmentOp = defineOp({
  name: "segment",
  doc: "`take{Tok: Patch}(x)`: one segment in the place of the join.",
  infer: segmentType,
  gradient: ({ build, value, gradient, origin }) => {
    const axis = axisOf(value.attrs, "axis");
    const zero = constant(build, 0, gradient.type.element, origin);
    const here = numberOf(value.attrs, "segment");
    const parts = segmentsOf(axis).map((_, n) => (n === here ? gradient : zero));
    return [sumTo(build, concat(build, parts, axis, origin), operandOf(value, 0).type, origin)];
  },
  lowering: view(({ attrs, at, extent, input }) => {
    const axis = axisOf(attrs, "axis");
    const number = numberOf(attrs, "segment");
    const inSegment = linearIndex(segmentAxes(axis, number), extent, at);
    const start = intConstant(segmentStart(axis, number, extent));
    return input(0, withIndices(at, [axis], [call("add", [inSegment, start], "i32")]));
  }),
  reference: moved((at, attrs, extent) => {
    const axis = axisOf(attrs, "axis");
    const number = numberOf(attrs, "segment");
    const inSegment = linearPosition(segmentAxes(axis, number), extent, at);
    return withPositions(at, [axis], [segmentStart(axis, number, extent) + inSegment]);
  }),
  samples: [0, 1, 2].map((number) => ({
    name: `segment ${number} of three`,
    make: (build) => {
      const { join } = threeSegments(build);
      const axes = [build.axis("B", 2), join, build.axis("D", 3)];
      return { inputs: [{ element: "f32", axes }], attrs: { axis: join, segment: number } };
    },
  })),
});

export const concatOp = defineOp({
  name: "concat",
  doc: "`concat{Tok}(a, b)`: one argument per segment; what lacks a segment's axis is repeated along it.",
  infer: concatenatedType,
  gradient: ({ build, value, gradient, origin }) => {
    const axis = axisOf(value.attrs, "axis");
    return value.inputs.map((input, n) =>
      sumTo(build, segment(build, gradient, axis, n, origin), input.type, origin),
    );
  },
  lowering: view(({ attrs, at, extent, input }) => {
    const axis = axisOf(attrs, "axis");
    const parts = segmentsOf(axis).map((axes, n) => {
      const inSegment = shifted(at(axis), segmentStart(axis, n, extent));
      const end = segmentEnd(axis, n, extent);
      const indices = spreadIndex(axes, extent, inSegment);
      return { end, element: input(n, withIndices(at, axes, indices)) };
    });
    return choose(at(axis), parts);
  }),
  reference: (inputs, attrs, type, extent) => {
    const axis = axisOf(attrs, "axis");
    const reads = inputs.map((input) => elementsOf(input, extent));
    return tensorOf(type, extent, (at) => {
      const number = reads.findIndex((_, n) => at(axis) < segmentEnd(axis, n, extent));
      const axes = segmentAxes(axis, number);
      const inSegment = at(axis) - segmentStart(axis, number, extent);
      const from = withPositions(at, axes, spreadPosition(axes, extent, inSegment));
      return reads[number]?.(from) ?? Number.NaN;
    });
  },
  samples: [
    {
      name: "a product segment, a repeated vector and a scalar",
      make: (build) => {
        const { join, row, col, a } = threeSegments(build);
        const [b, d] = [build.axis("B", 2), build.axis("D", 3)];
        return {
          inputs: [
            { element: "f32", axes: [a, d] },
            { element: "f32", axes: [b, row, col, d] },
            { element: "f32", axes: [] },
          ],
          attrs: { axis: join },
        };
      },
    },
    {
      name: "half a product segment",
      make: (build) => {
        const { join, row, a } = threeSegments(build);
        const inputs = [[a], [row], []].map((axes) => ({ element: "i32", axes }) as const);
        return { inputs, attrs: { axis: join } };
      },
    },
  ],
});

export const stackOp = defineOp({
  name: "stack",
  doc: "`stack{S}(a, b)`: a new leading axis with one argument for each position.",
  infer: stackedType,
  gradient: ({ build, value, gradient, origin }) => {
    const axis = axisOf(value.attrs, "axis");
    return value.inputs.map((input, n) =>
      sumTo(build, element(build, gradient, axis, n, origin), input.type, origin),
    );
  },
  lowering: view(({ attrs, at, input, inputTypes }) => {
    const parts = inputTypes.map((_, n) => ({ end: n + 1, element: input(n, at) }));
    return choose(at(axisOf(attrs, "axis")), parts);
  }),
  reference: (inputs, attrs, type, extent) => {
    const axis = axisOf(attrs, "axis");
    const reads = inputs.map((input) => elementsOf(input, extent));
    return tensorOf(type, extent, (at) => reads[at(axis)]?.(at) ?? Number.NaN);
  },
  samples: [
    {
      name: "three operands with other axes",
      make: (build) => {
        const [n, d] = [build.axis("N", 5), build.axis("D", 2)];
        const inputs = [[n, d], [d], []].map((axes) => ({ element: "f32", axes }) as const);
        return { inputs, attrs: { axis: build.axis("S", 3) } };
      },
    },
  ],
});

/** Of consecutive parts, each up to its end, the one that `position` lies in. */
function choose(
  position: Expr,
  parts: readonly { readonly end: number; readonly element: Expr }[],
): Expr {
  const last = parts.at(-1);
  if (last === undefined) throw new InternalError("nothing to choose from");
  return parts.slice(0, -1).reduceRight((rest, part) => {
    const isHere = call("lt", [position, intConstant(part.end)], "bool");
    return select(isHere, part.element, rest);
  }, last.element);
}

function threeSegments(build: SampleBuilder): {
  readonly join: Axis;
  readonly a: Axis;
  readonly row: Axis;
  readonly col: Axis;
} {
  const [a, row, col] = [build.axis("A", 2), build.axis("Row", 2), build.axis("Col", 3)];
  return { join: build.join("Seq", [a], [row, col], [build.axis("Z", 1)]), a, row, col };
}
