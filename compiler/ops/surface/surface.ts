import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Facts } from "../../dims/facts.ts";
import type { Size } from "../../dims/size.ts";
import type { SizeTable } from "../../dims/size-table.ts";
import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Span } from "../../source/source-file.ts";

/**
 * A static value. In the generic check settings are not known yet: an `int` is then a size with
 * variables in it, and the value of any other is `undefined`.
 */
export type StaticValue =
  | { readonly type: "int"; readonly value: Size }
  | { readonly type: "float"; readonly value: number | undefined }
  | { readonly type: "bool"; readonly value: boolean | undefined }
  | { readonly type: "string"; readonly value: string | undefined }
  | { readonly type: "list"; readonly items: readonly StaticValue[] }
  /** `lowest`: the least finite number of the type it meets. */
  | { readonly type: "lowest" };

/** What an expression is. `error` silences whatever depends on it. */
export type Operand =
  | { readonly kind: "tensor"; readonly value: Value }
  | { readonly kind: "static"; readonly value: StaticValue }
  | { readonly kind: "tuple"; readonly items: readonly Operand[] }
  | {
      readonly kind: "absent";
      readonly why: string;
      /** What would have to hold for it to be there, as written. */
      readonly condition?: string;
      readonly span: Span;
    }
  | { readonly kind: "error" };

/** One entry of `{...}`. A product axis is several axes. */
export type BraceItem =
  | { readonly kind: "rest"; readonly span: Span }
  | {
      readonly kind: "axes";
      readonly axes: readonly Axis[];
      readonly text: string;
      readonly at: BracePosition | undefined;
      readonly span: Span;
    }
  /** A name right of `->` that is not in scope: the op says how large it is, and it is in scope from here. */
  | {
      readonly kind: "new";
      readonly name: string;
      readonly define: (size: Size) => Axis;
      readonly span: Span;
    };

/** What follows the colon: `take{N: p}`, `take{Tok: Patch}`, `inside{Seq: Query}`. */
export type BracePosition =
  | { readonly kind: "operand"; readonly operand: Operand; readonly span: Span }
  | {
      readonly kind: "axes";
      readonly axes: readonly Axis[];
      readonly text: string;
      readonly span: Span;
    };

export interface SurfaceArgument {
  readonly name: string | undefined;
  readonly operand: Operand;
  readonly span: Span;
}

/** A call of a primitive as written, with everything evaluated but the primitive itself. */
export interface SurfaceCall {
  readonly span: Span;
  readonly braces:
    | {
        readonly items: readonly BraceItem[];
        readonly to: readonly BraceItem[] | undefined;
        readonly span: Span;
      }
    | undefined;
  readonly args: readonly SurfaceArgument[];
  readonly context: SurfaceContext;
}

export interface SurfaceContext {
  readonly build: GraphBuilder;
  readonly sizes: SizeTable;
  readonly facts: Facts;
  readonly sink: DiagnosticSink;
  readonly origin: Origin;
  /** Sizes or what calls give are known by type only: what just their values decide is not an error. */
  readonly isPartial: boolean;
  /** What the axis is called where the call stands: `fc1.Out`. */
  readonly nameOf: (axis: Axis) => string;
  /** `{..}` where the braces of the enclosing fn or initialiser supplied the axes. */
  readonly restAxes: readonly Axis[] | undefined;
  /**
   * The stream of one more random call: a hash of the part's path and the number of this call in it
   * (`streamOf` in `ir/random.ts`). Asked for once per call, so that no two calls share numbers.
   */
  readonly nextStream: () => number;
  /** In a stage: the number in the run of each sample of the batch, u32 along the axis of samples. */
  readonly samples: Value | undefined;
}

/** A primitive as it is written: checks what the user wrote, reports, and builds the values. */
export interface SurfaceOp {
  readonly name: string;
  /** For messages: `sum{K}(x)`. */
  readonly signature: string;
  readonly doc: string;
  readonly elaborate: (call: SurfaceCall) => Operand;
}
