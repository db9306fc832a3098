import { invariant } from "../../diagnostics/internal-error.ts";
import type { SizeTable } from "../../dims/size-table.ts";
import type { Axis, Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Extent } from "../define-op.ts";
import { rowsFor } from "../families/slabs.ts";

/** Where tensors lie in all slabs of one layout. */
export interface SlabLayout {
  /** Rows, and elements of a row. */
  readonly axes: readonly [Axis, Axis];
  readonly parts: readonly {
    /** The row with which it begins. */
    readonly first: number;
    readonly axes: readonly Axis[];
  }[];
}

/** Elements of a row, which every device lets a binding begin with: in 16 bits they are 256 bytes. */
const lanes = 128;

/** Bytes of a tensor of so many elements in a slab, with what is left of its last row, where elements are wide. */
export function bytesInSlab(elements: number): number {
  return 4 * lanes * rowsFor(elements, lanes);
}

/** Tensors over these axes, one after the other. */
export function layOutSlab(
  build: GraphBuilder,
  sizes: SizeTable,
  extent: Extent,
  tensors: readonly (readonly Axis[])[],
): SlabLayout {
  let rows = 0;
  const parts = tensors.map((axes) => {
    const first = rows;
    rows += rowsFor(
      axes.reduce((count, axis) => count * extent(axis), 1),
      lanes,
    );
    return { first, axes };
  });
  const row = build.axis("Row", sizes.constant(rows), undefined);
  const lane = build.axis("Lane", sizes.constant(lanes), undefined);
  return { axes: [row, lane], parts };
}

/** Tensors of one element type as they lie in `layout`; `name` is no other slab's. */
export function slab(
  build: GraphBuilder,
  { axes, parts }: SlabLayout,
  name: string,
  values: readonly Value[],
  origin: Origin,
): Value {
  const [first] = values;
  invariant(first !== undefined && values.length === parts.length, "a slab of other tensors");
  const { element } = first.type;
  invariant(
    values.every(({ type }) => type.element === element),
    "a slab of several element types",
  );
  return build.value("slab", values, { name, axes }, { element, axes }, origin);
}

/** Tensor number `n` of a slab. */
export function slabPart(
  build: GraphBuilder,
  { parts }: SlabLayout,
  whole: Value,
  n: number,
  origin: Origin,
): Value {
  const part = parts[n];
  invariant(part !== undefined, `a slab has no tensor ${n}`);
  const { first, axes } = part;
  const type = { element: whole.type.element, axes };
  return build.value("slab_part", [whole], { first, axes }, type, origin);
}
