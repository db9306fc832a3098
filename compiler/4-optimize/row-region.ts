import type { Attr, Axis, Value } from "../ir/graph/graph.ts";
import { axesOf } from "../ops/build/type-rules.ts";
import type { PassContext } from "./pass.ts";

/**
 * A product and what follows it row by row: each row of every value is made of the same row of the others, and all
 * that is read outside are a few numbers of each row.
 */
export interface RowRegion {
  /** The sum of products. */
  readonly product: Value;
  /** Axes that only one operand of the product has, and that all values of the region have. */
  readonly rows: readonly Axis[];
  /** Elements of the product in one row. */
  readonly columns: number;
  readonly values: ReadonlySet<Value>;
  /** Values that are read outside; they have the rows and no other axes. */
  readonly results: readonly Value[];
}

/** What reads the values of a graph: other values, and whoever runs it. */
interface ReadOutside {
  readonly readers: ReadonlyMap<Value, readonly Value[]>;
  readonly results: ReadonlySet<Value>;
}

/** The region that begins with a product; `undefined` where more than numbers of rows leave it. */
export function rowRegionOf(
  product: Value,
  { readers, results: stored }: ReadOutside,
  context: PassContext,
): RowRegion | undefined {
  const sides = sidesOf(product);
  if (sides === undefined) return undefined;
  const { rows, columns } = sides;
  const values = new Set([product]);
  const results = new Set<Value>();
  const isOfRow = (value: Value): boolean => value.type.axes.length === rows.length;
  for (const value of values) {
    const own = readers.get(value) ?? [];
    const inside = own.filter((reader) => isRowwise(reader, rows, product, context));
    for (const reader of inside) values.add(reader);
    if (inside.length === own.length && !stored.has(value)) continue;
    if (!isOfRow(value)) return undefined;
    results.add(value);
  }
  if (results.size === 0 || dependsOnItself(values, product, readers)) return undefined;
  const count = columns.reduce((all, axis) => all * context.extent(axis), 1);
  return { product, rows, columns: count, values, results: [...results] };
}

/** Rows and columns of a product of something with something that all rows share. */
function sidesOf(
  product: Value,
): { readonly rows: readonly Axis[]; readonly columns: readonly Axis[] } | undefined {
  const [factors] = product.inputs;
  const [a, b] = factors?.op === "mul" ? factors.inputs : [];
  if (a === undefined || b === undefined) return undefined;
  const { axes } = product.type;
  const inner = axesOf(product.attrs, "axes");
  const only = (one: Value, other: Value): readonly Axis[] =>
    axes.filter((axis) => one.type.axes.includes(axis) && !other.type.axes.includes(axis));
  const isPlain = [a, b].every((side) => inner.every((axis) => side.type.axes.includes(axis)));
  const [ofA, ofB] = [only(a, b), only(b, a)];
  if (!isPlain || ofA.length === 0 || ofB.length === 0) return undefined;
  if (ofA.length + ofB.length !== axes.length) return undefined;
  // What all rows share is made of fewer axes, and stored.
  const [rows, columns] = isShared(b) ? [ofA, ofB] : [ofB, ofA];
  return isShared(b) || isShared(a) ? { rows, columns } : undefined;
}

/** A weight, perhaps in another float or another order. */
function isShared({ op, inputs: [input, ...others] }: Value): boolean {
  if (op === "parameter" || op === "state") return true;
  const isSeen = op === "convert" || op === "reorder" || op === "rename" || op === "merge";
  return isSeen && input !== undefined && others.length === 0 && isShared(input);
}

/** Is each row of a value made of the same row of what it reads, and not larger than a row of the product? */
function isRowwise(
  { op, attrs, type }: Value,
  rows: readonly Axis[],
  product: Value,
  { ops, extent }: PassContext,
): boolean {
  const kind = ops.get(op)?.lowering.kind;
  if (kind !== "element" && kind !== "reduce" && kind !== "positions" && kind !== "scan")
    return false;
  if (!rows.every((axis) => type.axes.includes(axis))) return false;
  const count = (axes: readonly Axis[]): number =>
    axes.reduce((all, axis) => all * extent(axis), 1);
  if (count(type.axes) > count(product.type.axes)) return false;
  const mayName = op === "reorder" || op === "expand";
  return mayName || !Object.values(attrs).some((attr) => names(attr, rows));
}

function names(attr: Attr, axes: readonly Axis[]): boolean {
  if (typeof attr !== "object") return false;
  if (Array.isArray(attr)) return attr.some((own: Attr) => names(own, axes));
  return "segments" in attr && axes.includes(attr);
}

/** Does a value of the region need something outside that is made of another one? */
function dependsOnItself(
  values: ReadonlySet<Value>,
  product: Value,
  readers: ReadonlyMap<Value, readonly Value[]>,
): boolean {
  const behind = new Set([product]);
  for (const value of behind) for (const reader of readers.get(value) ?? []) behind.add(reader);
  return [...values].some(
    (value) =>
      value !== product && value.inputs.some((input) => behind.has(input) && !values.has(input)),
  );
}
