import type { Axis, Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import { graphResults, isUpdated } from "../../ir/graph/graph-results.ts";
import { axesOf, numberOf } from "../../ops/build/type-rules.ts";
import { rowsFor } from "../../ops/families/slabs.ts";
import { valuesInOrder } from "../../ops/values-in-order.ts";

/** A tensor inside a slab: the row with which it begins, and the number of its first element there. */
interface SlabPart {
  readonly value: Value;
  readonly row: number;
  readonly first: number;
}

/** Tensors that lie end to end, so that a kernel may bind all of them as one. */
export interface Slab {
  readonly value: Value;
  readonly name: string;
  readonly parts: readonly SlabPart[];
  /**
   * Set where all parts are stored tensors that are updated in place: the slab as the call leaves it, or itself.
   * Otherwise its parts are computed, and stored where they lie in it.
   */
  readonly after: Value | undefined;
}

/**
 * The slabs of a graph by their values. Stored tensors lie in one where they are all of it, none lies in another
 * one, and the call gives new values to none of them or, as a slab, to all.
 */
export function slabsIn(
  graph: Graph,
  isUpdatedInPlace: (stored: GraphStored) => boolean,
  extent: (axis: Axis) => number,
): ReadonlyMap<Value, Slab> {
  const values = valuesInOrder(graphResults(graph)).filter(({ op }) => op === "slab");
  if (values.length === 0) return new Map();
  const changing = graph.stored.filter(isUpdatedInPlace);
  const nextOf = new Map(changing.map(({ value, next }) => [value, next]));
  const taken = new Set<Value>();
  return new Map(
    values.map((value) => {
      const parts = partsOf(value, extent);
      const isFree = new Set(value.inputs).size === parts.length;
      const isStored = isFree && value.inputs.every((own) => nextOf.has(own) && !taken.has(own));
      const after = isStored ? afterCall(value, parts, nextOf) : undefined;
      if (after !== undefined) for (const own of value.inputs) taken.add(own);
      return [value, { value, name: String(value.attrs.name), parts, after }];
    }),
  );
}

/** What a call leaves behind, where tensors of a slab are stored as the slab. */
export function resultsWithSlabs(graph: Graph, slabs: Iterable<Slab>): readonly Value[] {
  const inSlab = new Map(
    [...slabs].flatMap(({ after, parts }) =>
      after === undefined ? [] : parts.map(({ value }) => [value, after] as const),
    ),
  );
  const { outputs, stored } = graph;
  const results = graphResults({
    outputs,
    stored: stored.filter(({ value }) => !inSlab.has(value)),
  });
  const changed = stored.filter(isUpdated).flatMap(({ value }) => inSlab.get(value) ?? []);
  return [...new Set([...results, ...changed])];
}

function partsOf(slab: Value, extent: (axis: Axis) => number): readonly SlabPart[] {
  const [, lane] = axesOf(slab.attrs, "axes");
  const lanes = lane === undefined ? 1 : extent(lane);
  let row = 0;
  return slab.inputs.map((value) => {
    const part = { value, row, first: row * lanes };
    row += rowsFor(
      value.type.axes.reduce((count, axis) => count * extent(axis), 1),
      lanes,
    );
    return part;
  });
}

/** The slab of the next values; itself where none is updated; undefined where they are made otherwise. */
function afterCall(
  slab: Value,
  parts: readonly SlabPart[],
  nextOf: ReadonlyMap<Value, Value>,
): Value | undefined {
  if (parts.every(({ value }) => nextOf.get(value) === value)) return slab;
  const [whole] = nextOf.get(slab.inputs[0] as Value)?.inputs ?? [];
  const { axes } = slab.type;
  const isLike =
    whole !== undefined &&
    whole.type.element === slab.type.element &&
    isSameList(whole.type.axes, axes);
  const isPart = ({ value, row }: SlabPart): boolean => {
    const next = nextOf.get(value);
    return (
      next?.op === "slab_part" &&
      next.inputs[0] === whole &&
      isSameList(next.type.axes, value.type.axes) &&
      numberOf(next.attrs, "first") === row
    );
  };
  return isLike && parts.every(isPart) ? whole : undefined;
}

function isSameList(one: readonly Axis[], other: readonly Axis[]): boolean {
  return one.length === other.length && one.every((axis, n) => axis === other[n]);
}
