import { call } from "../ir/expr/expr.ts";
import type { Value } from "../ir/graph/graph.ts";
import {
  type FloatFn,
  functionRecord,
  type ScalarFn,
  scalarFunction,
} from "../ir/scalar-functions/scalar-functions.ts";
import { applyFunction } from "./build/build.ts";
import { typeRuleOf } from "./build/type-rules.ts";
import { defineOp, type GradientContext, type OpDefinition, type OpSample } from "./define-op.ts";
import { slopeGradient } from "./gradient.ts";
import { elementwise, scalarOf } from "./lowering.ts";
import { pointwise } from "./reference.ts";
import { defineSurface } from "./surface/define-surface.ts";
import { meetOperands } from "./surface/read/meet-operands.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./surface/read/operands.ts";
import { staticFunction, staticOperands } from "./surface/read/static-arithmetic.ts";
import type { SurfaceOp } from "./surface/surface.ts";

/** What an operation that is one scalar function has besides that function's record. */
interface ScalarOp {
  readonly name: string;
  readonly fn: ScalarFn;
  readonly doc: string;
  readonly gradient: OpDefinition["gradient"];
  readonly samples: readonly OpSample[];
}

/** An operation that applies a scalar function to each element: type, kernel and reference are the function's. */
export function scalarOp({ name, fn, doc, gradient, samples }: ScalarOp): OpDefinition {
  const { operands, result } = functionRecord(fn);
  return defineOp({
    name,
    doc,
    infer: typeRuleOf(operands, result),
    gradient,
    lowering: elementwise((values, { type }) => call(fn, values, scalarOf(type.element))),
    reference: (inputs, attrs, type, extent) => {
      const element = inputs[0]?.type.element ?? type.element;
      return pointwise(scalarFunction(fn, scalarOf(element)))(inputs, attrs, type, extent);
    },
    samples,
  });
}

/** A function that is written by its name: the operation of the graph, and how it is written. */
export interface FunctionOp {
  readonly op: OpDefinition;
  readonly surface: SurfaceOp;
}

type Described = Pick<ScalarOp, "doc" | "samples">;

interface UnaryOp extends Described {
  /** The derivative at `x`, where `context.value` is the function's own value; or why there is none. */
  readonly slope: SlopeRule | string;
  /** Whether the slope is infinite, or too large for a float, at some `x`. */
  readonly isSteep?: boolean;
}

/** `fn(x)` of a float. */
export function unaryOp(
  fn: FloatFn,
  { slope, isSteep = false, ...described }: UnaryOp,
): FunctionOp {
  const gradient = typeof slope === "string" ? slope : slopeGradient(slope, isSteep);
  return functionOp(fn, { ...described, gradient, parameters: ["x"] });
}

type SlopeRule = (context: GradientContext, x: Value) => Value;

/** A function of tensors, element by element, and of static numbers, by its meaning in float64. */
export function functionOp(
  fn: ScalarFn,
  {
    parameters,
    ...described
  }: Described & Pick<ScalarOp, "gradient"> & { readonly parameters: readonly string[] },
): FunctionOp {
  const { operands } = functionRecord(fn);
  const { doc } = described;
  return {
    op: scalarOp({ name: fn, fn, ...described }),
    surface: defineSurface({
      name: fn,
      signature: `${fn}(${parameters.join(", ")})`,
      doc,
      braces: { items: "none" },
      parameters: parameters.map((name) => ({ name })),
      elaborate: (call) => {
        const args = argumentsOf(call, ...parameters);
        const known = staticOperands(args);
        if (known !== undefined) return staticOperand(staticFunction(call, fn, known));
        const inputs = meetOperands(call, args, operands);
        if (inputs === undefined) return undefined;
        return tensorOperand(applyFunction(fn, call.context.build, inputs, call.context.origin));
      },
    }),
  };
}
