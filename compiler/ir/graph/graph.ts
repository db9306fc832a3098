import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import type { AxisId } from "../axis-ids.ts";

/**
 * The graph: interned immutable values with types whose axes are identities. Order of axes is
 * presentation and storage. Products are always spelt out, so every axis here is plain or a join.
 */
export interface Axis {
  readonly id: AxisId;
  readonly name: string;
  readonly size: Size;
  /** For a join: its segments in order, each the axes that stand for it (a product has several). */
  readonly segments: readonly (readonly Axis[])[] | undefined;
  /** Where it was introduced, for messages. */
  readonly span: Span | undefined;
  /** Set for some of the rows of a product that is computed piece by piece. */
  readonly piece?: AxisPiece;
}

/** The pieces of one product are computed in turn, so that only one of them is in memory at a time. */
export interface AxisPiece {
  /** Which product, and which of its pieces. */
  readonly product: number;
  readonly number: number;
  /** How many elements of the product each row has. */
  readonly columns: number;
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

/**
 * How long what is stored is kept. `saved`: it goes into checkpoints (parameters, buffers, moments of an
 * optimizer). `generation`: it takes its first value again when a generation begins (caches). `step`: the
 * same at each step of training (accumulators).
 */
export type Lifetime = "saved" | "generation" | "step";

/** A tensor that is there before the call and after it: `param`, `buffer`, `state`. */
export interface GraphStored {
  readonly kind: "param" | "buffer" | "state";
  readonly path: string;
  /** As it is before the call: a value of the operation `parameter` or `state`. */
  readonly value: Value;
  /** As it is after the call: `value` itself where the call stores nothing to it. */
  readonly next: Value;
  readonly lifetime: Lifetime;
  readonly dimensions: readonly StoredDimension[];
  /** Places in `dimensions` whose axes the calls bind (`..`, `B`): what beams permute. Only states have any. */
  readonly free: readonly number[];
  /** The initialiser as a value of the axes of `value`, or of some of them. */
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

/**
 * A mode of a model as a program: what it reaches of what is stored, inputs, outputs. A step of a mode is
 * such a program too; the steps of one mode share what is stored by its values.
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  /** In the order of declaration. */
  readonly stored: readonly GraphStored[];
  readonly outputs: readonly GraphOutput[];
  /** Free axes of the call (`B`), in the order of the signature; their sizes are variables. */
  readonly freeAxes: readonly Axis[];
}
