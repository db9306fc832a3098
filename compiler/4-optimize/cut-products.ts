import { SizeTable } from "../dims/size-table.ts";
import type { Axis, Value } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import { concat, rename, reorder } from "../ops/build/build-movement.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { PieceMaker, type PiecePlace, partAt } from "./piece-maker.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";
import { type RowRegion, rowRegionOf } from "./row-region.ts";

interface Limits {
  /** Bytes that a product may have, and a piece of it: enough rows to keep a device busy. */
  readonly bytes: number;
  /** A product of more pieces than these has larger ones, up to so many bytes. */
  readonly pieces: number;
  readonly mostBytes: number;
}

/** So many parts and what is made of them can be bound on every device: more are parts of parts. */
const mostParts = 5;

const numbers: Limits = { bytes: 32 * 2 ** 20, pieces: 16, mostBytes: 64 * 2 ** 20 };

/**
 * The logits of many tokens over a large vocabulary would be the largest tensor of a training step by far, and
 * all that a loss wants of them is a few numbers of each row. Such a product is computed for some rows at a time,
 * with everything that follows up to those numbers: rows, and not columns, so that each piece is a plain product.
 * Differentiation then does the same piece by piece, and fusion lets one piece follow the other.
 */
export function cutProductsAbove(limits: Limits): GraphPass {
  return {
    name: "cut-products",
    summary:
      "compute large products for some rows at a time, where a few numbers of each row are wanted",
    run: (graph, context) => {
      const results = new Set(graphResults(graph));
      const values = valuesInOrder([...results]);
      const large = values.filter(
        (one) => one.op === "sum" && bytesOf(one, context) > limits.bytes,
      );
      if (large.length === 0) return graph;
      const readers = readersAmong(values);
      const cut = new Map<Value, Value>();
      let found = 0;
      for (const product of large) {
        const region = rowRegionOf(product, { readers, results }, context);
        if (region === undefined || region.results.some((result) => cut.has(result))) continue;
        for (const [result, pieces] of inPieces(region, found, limits, context))
          cut.set(result, pieces);
        found++;
      }
      if (cut.size === 0) return graph;
      const own = { ...context, rewritten: new Map() };
      return rewriteGraph(
        graph,
        "cut-products",
        own,
        (made, original) => cut.get(original) ?? made,
      );
    },
  };
}

export const cutProducts = cutProductsAbove(numbers);

function bytesOf({ type }: Value, { extent }: PassContext): number {
  return 4 * type.axes.reduce((product, axis) => product * extent(axis), 1);
}

function readersAmong(values: readonly Value[]): ReadonlyMap<Value, readonly Value[]> {
  const readers = new Map<Value, Value[]>(values.map((value) => [value, []]));
  for (const value of values)
    for (const input of new Set(value.inputs)) readers.get(input)?.push(value);
  return readers;
}

/** An axis of the rows, or a part of one that is cut once more, in parts of this length. */
interface Cut {
  readonly axis: Axis;
  readonly length: number;
}

/** From the innermost axis out: whole while all of it fits, then in parts, then one position at a time. */
function cutsOf(
  { product, rows }: RowRegion,
  limits: Limits,
  context: PassContext,
): readonly Cut[] {
  const { extent } = context;
  const count = rows.reduce((product, axis) => product * extent(axis), 1);
  const whole = bytesOf(product, context);
  const { bytes, pieces, mostBytes } = limits;
  const piece = Math.max(bytes, Math.min(whole / pieces, mostBytes));
  const most = Math.max(1, Math.floor(piece / (whole / count)));
  const cuts: Cut[] = [];
  let inner = 1;
  for (const axis of rows.toReversed()) {
    const own = extent(axis);
    const room = Math.max(1, Math.floor(most / inner));
    if (own > room) {
      for (let length = evenLength(own, room); length < own; length *= mostParts)
        cuts.unshift({ axis, length });
    }
    inner *= own;
  }
  return cuts;
}

/** A length that all pieces have, where one that is not much shorter divides the axis. */
function evenLength(extent: number, most: number): number {
  for (let length = most; length > most / 2; length--) if (extent % length === 0) return length;
  return Math.ceil(extent / Math.ceil(extent / most));
}

/** What is wanted of the rows, each joined from what the pieces give. */
function inPieces(
  region: RowRegion,
  product: number,
  limits: Limits,
  context: PassContext,
): ReadonlyMap<Value, Value> {
  const { build, extent } = context;
  const { results, columns } = region;
  const cuts = cutsOf(region, limits, context);
  const sizes = new SizeTable();
  let number = 0;
  const partsOf = (axis: Axis, length: number, isLast: boolean): readonly Axis[] => {
    const parts: Axis[] = [];
    for (let from = 0; from < extent(axis); from += length) {
      const size = sizes.constant(Math.min(length, extent(axis) - from));
      const name = `${axis.name}[${from}..]`;
      const part = isLast
        ? build.piece(name, size, axis.span, { product, number: number++, columns })
        : build.axis(name, size, axis.span);
      parts.push(part);
    }
    return parts;
  };
  const over = (level: number, places: readonly PiecePlace[]): readonly Value[] => {
    const cut = cuts[level];
    if (cut === undefined) {
      const maker = new PieceMaker(region, places, context);
      return results.map((result) => maker.pieceOf(result));
    }
    const axis = partAt(cut.axis, places);
    const parts = partsOf(axis, cut.length, level === cuts.length - 1);
    const segments = parts.map((part) => [part]);
    const join = build.join(axis.name, sizes.constant(extent(axis)), segments, axis.span);
    const values = parts.map((part, segment) =>
      over(level + 1, [...places, { axis, join, segment, part }]),
    );
    return results.map((result, n) => {
      const origin = derivedBy("cut-products", result);
      const own = values.flatMap((ofPart) => ofPart[n] ?? []);
      return rename(build, concat(build, own, join, origin), [join], [axis], origin);
    });
  };
  const whole = over(0, []);
  return new Map(
    results.flatMap((result, n) => {
      const made = whole[n];
      const origin = derivedBy("cut-products", result);
      return made === undefined
        ? []
        : [[result, reorder(build, made, result.type.axes, origin)] as const];
    }),
  );
}
