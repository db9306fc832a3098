import type { StoredSpec, TensorPart } from "../../artifact.ts";
import type { PositionId } from "../../ir/axis-ids.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import type { ScalarType, StorageType } from "../../ir/expr/scalar-types.ts";
import { isScalarFn, type ScalarFn } from "../../ir/scalar-functions/scalar-functions.ts";
import {
  count,
  type Kind,
  list,
  oneOf,
  optional,
  real,
  record,
  type Shape,
  text,
  variants,
  whole,
} from "./shape.ts";

/** Shapes of what the runtime computes before the first run: elements as functions of their places. */
const scalarType = oneOf<ScalarType>("f32", "i32", "u32", "bool");
export const storageType = oneOf<StorageType>("f32", "f16", "bf16", "i32", "u32", "i8", "i4");
const scalarFn: Shape<ScalarFn> = (value): value is ScalarFn =>
  typeof value === "string" && isScalarFn(value);

/** An initialiser computes from positions and numbers alone. */
type Initialiser = Exclude<Expr, { readonly kind: "load" | "reduced" }>;

/** A dimension of what is filled. */
const position: Shape<PositionId> = (value): value is PositionId => whole(value);

/** Expressions hold expressions. */
const inner: Shape<Expr> = (value): value is Expr => initialiser(value);

export const initialiser: Shape<Expr> = variants<Initialiser>({
  constant: record<Kind<Initialiser, "constant">>({
    kind: oneOf("constant"),
    type: scalarType,
    value: real,
  }),
  axis: record<Kind<Initialiser, "axis">>({
    kind: oneOf("axis"),
    axis: position,
    extent: count,
    type: oneOf("i32"),
  }),
  call: record<Kind<Initialiser, "call">>({
    kind: oneOf("call"),
    fn: scalarFn,
    args: list(inner),
    type: scalarType,
  }),
  select: record<Kind<Initialiser, "select">>({
    kind: oneOf("select"),
    condition: inner,
    // biome-ignore lint/suspicious/noThenProperty: the kernel form calls the branch so.
    then: inner,
    otherwise: inner,
    type: scalarType,
  }),
  immediate: record<Kind<Initialiser, "immediate">>({
    kind: oneOf("immediate"),
    name: text,
    type: scalarType,
  }),
});

export const initAxes = list(
  record<StoredSpec["initAxes"][number]>({ axis: whole, extent: count }),
);
export const parts = optional(list(record<TensorPart>({ tensor: count, first: count, count })));
