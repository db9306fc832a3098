import type { Size } from "../dims/size.ts";
import type { Expr } from "../ir/expr/expr-form.ts";
import type { Attrs, Axis, Origin, TensorType, Value } from "../ir/graph/graph.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import type { EngineKind } from "../ir/kernel/engines/engine-registry.ts";
import type { Combine } from "../ir/kernel/loops.ts";

/** A tensor of the slow, obvious float64 interpreter: elements in row-major order of the type's axes. */
export interface ReferenceTensor {
  readonly type: TensorType;
  /** Booleans are 0 and 1; integers are exact. */
  readonly data: Float64Array;
}

/**
 * Numbers for axes and sizes: they are symbolic in the graph and bound when a program is made
 * (`extentOf`). An axis is asked for as itself, a size as `{ size }`.
 */
export type Extent = (sized: Sized) => number;
export interface Sized {
  readonly size: Size;
}

/** What an element rule may ask for: where it is, and elements of its inputs anywhere. */
export interface ElementContext {
  readonly attrs: Attrs;
  readonly type: TensorType;
  readonly inputTypes: readonly TensorType[];
  readonly extent: Extent;
  /** Position of the wanted element along each axis of the result. */
  readonly at: (axis: Axis) => Expr;
  /** The element of input `n` at these positions, one entry per axis of that input. */
  readonly input: (n: number, at: (axis: Axis) => Expr) => Expr;
}

/** How an op becomes kernels: a closed set. */
export type Lowering =
  /** One element as a function of its position and of elements of the inputs; always fusible. */
  | {
      readonly kind: "element";
      readonly element: (
        context: ElementContext,
      ) => Expr /** Only moves or makes elements: free to repeat. */;
      readonly isView: boolean;
    }
  /** Combines the axes in `attrs.axes` of input 0. `mean` divides the sum. */
  | { readonly kind: "reduce"; readonly combine: Combine; readonly isMean: boolean }
  /** `argmax` and `top`: positions along `attrs.axis` of input 0, ties by position. */
  | { readonly kind: "positions" }
  /** `cumsum`: the sums of what comes before each position. */
  | { readonly kind: "scan" }
  /** Needs an engine of its own, which fusion makes of its inputs and attributes. */
  | { readonly kind: "engine"; readonly engine: EngineKind }
  /** Inputs and parameters: there is nothing to compute. */
  | { readonly kind: "storage" };

export interface GradientContext {
  readonly build: GraphBuilder;
  readonly value: Value;
  /** Gradient of the loss with respect to `value`, with the axes of `value`. */
  readonly gradient: Value;
  readonly origin: Origin;
}

export interface OpDefinition {
  readonly name: string;
  readonly doc: string;
  /** The result's type. Users' mistakes are found before, by the surface; here they are ours. */
  readonly infer: (inputs: readonly TensorType[], attrs: Attrs) => TensorType;
  /**
   * One gradient per input, `undefined` where nothing flows (integers, booleans). A string says why
   * the op has no gradient at all.
   */
  readonly gradient: ((context: GradientContext) => readonly (Value | undefined)[]) | string;
  readonly lowering: Lowering;
  /** The judge of everything else: nothing clever, float64. */
  readonly reference: (
    inputs: readonly ReferenceTensor[],
    attrs: Attrs,
    type: TensorType,
    extent: Extent,
  ) => ReferenceTensor;
  readonly samples: readonly OpSample[];
}

/** A small graph of this op alone: tests turn each sample into a chain of comparisons. */
export interface OpSample {
  readonly name: string;
  /** Makes the inputs' types and the attrs over fresh axes of these sizes. */
  readonly make: (build: SampleBuilder) => {
    readonly inputs: readonly TensorType[];
    readonly attrs: Attrs;
  };
  /** Range of the random inputs; integers are drawn from it inclusively. */
  readonly ranges?: readonly (readonly [number, number])[];
}
export interface SampleBuilder {
  readonly axis: (name: string, size: number) => Axis;
  readonly join: (name: string, ...segments: readonly (readonly Axis[])[]) => Axis;
}

export function defineOp(definition: OpDefinition): OpDefinition {
  return definition;
}
