import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";

/**
 * The graph: interned immutable values with types whose axes are identities. Order of axes is
 * presentation and storage. Products are always spelt out, so every axis here is plain or a join.
 */
export interface Axis {
  readonly id: number;
  readonly name: string;
  readonly size: Size;
  /** For a join: its segments in order, each the axes that stand for it (a product has several). */
  readonly segments: readonly (readonly Axis[])[] | undefined;
  /** Where it was introduced, for messages. */
  readonly span: Span | undefined;
}

/** `real` is the working float of the precision policy; a pass decides which float that is. */
export type ElementType = "real" | "f32" | "f16" | "bf16" | "i32" | "u32" | "bool";

export interface TensorType {
  readonly element: ElementType;
  readonly axes: readonly Axis[];
}

export type Attr = string | number | boolean | Axis | Size | readonly Attr[];
export type Attrs = Readonly<Record<string, Attr>>;

export type Origin =
  | {
      readonly kind: "source";
      readonly span: Span /** Path of the part, e.g. `encoder.layers.3.attn`. */;
      readonly path: string;
    }
  | { readonly kind: "derived"; readonly by: string; readonly from: Value };

/** Made by `GraphBuilder` only, which interns on op, inputs and attrs: equality is `===`. */
export interface Value {
  readonly id: number;
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly type: TensorType;
  readonly origin: Origin;
}

/** What a parameter, buffer or input is in storage: one dimension may be a product of axes, row-major. */
export interface StoredDimension {
  readonly name: string;
  readonly axes: readonly Axis[];
}

export interface GraphParameter {
  readonly path: string;
  readonly storage: "param" | "buffer";
  readonly value: Value;
  readonly dimensions: readonly StoredDimension[];
  /** The initialiser as a value of the parameter's axes. */
  readonly init: Value;
  readonly span: Span;
}
export interface GraphInput {
  readonly name: string;
  readonly value: Value;
  readonly dimensions: readonly StoredDimension[];
  readonly reader: Reader | undefined;
  readonly span: Span;
}
/** `from image(fit: "crop")`: which reader of the runtime makes the tensor, and its settings. */
export interface Reader {
  readonly name: string;
  readonly args: Readonly<Record<string, string | number | boolean | readonly number[]>>;
}
export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
  readonly dimensions: readonly StoredDimension[];
}

/** What lives across the calls of a mode and is not saved: caches, lengths, moments. */
export interface GraphState {
  readonly path: string;
  /** As it is before the call: a value of the operation `state`. */
  readonly value: Value;
  /** As it is after the call: `value` itself where the call stores nothing. */
  readonly next: Value;
  readonly dimensions: readonly StoredDimension[];
  /** Places in `dimensions` whose axes the calls bind (`..`, `B`): what beams permute. */
  readonly free: readonly number[];
  readonly init: Value;
  readonly span: Span;
}

/**
 * A mode of a model as a program: parameters and states that it reaches, inputs, outputs. A step of a
 * mode is such a program too; the steps of one mode share parameters and states by their values.
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly parameters: readonly GraphParameter[];
  readonly states: readonly GraphState[];
  readonly outputs: readonly GraphOutput[];
  /** Free axes of the call (`B`), in the order of the signature; their sizes are variables. */
  readonly freeAxes: readonly Axis[];
}
