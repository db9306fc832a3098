import type { Axis, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { graphResults } from "../../ir/graph/graph-results.ts";
import { constant, convert, state } from "../../ops/build/build.ts";
import { expandTo, reorder } from "../../ops/build/build-movement.ts";
import { isFloat } from "../../ops/build/type-rules.ts";
import { valuesInOrder } from "../../ops/values-in-order.ts";
import { reverseMode } from "../reverse-mode.ts";
import type { BatchLoss } from "./batch-loss.ts";
import { linearAlong } from "./linear-along.ts";
import { rebuildValues } from "./rebuild-values.ts";
import { type SampleKind, sampleKinds } from "./sample-kinds.ts";

/**
 * A value of each sample that the whole batch is made of. `given`: nothing trained comes before it. `linear`:
 * all results are linear in it, by factors that only `given` ones say. `stored`: it has to be known of all
 * samples before the gradient at it is.
 */
interface CutMember {
  readonly value: Value;
  readonly use: "given" | "linear" | "stored";
  /** Its rows as they are stored: f32 or i32, along the samples and then its other axes. */
  readonly row: Value;
  /** Of a linear one: the gradient of each result at it, where there is one, with the axes of `row`. */
  readonly slopes: ReadonlyMap<string, Value>;
}

/** Where the loss of a batch parts into samples, and what is made of all of them. */
export interface BatchCut {
  readonly form: "sum" | "two-pass";
  readonly kinds: ReadonlyMap<Value, SampleKind>;
  readonly members: readonly CutMember[];
  /** The results behind the cut as values of its rows, 0 where these are linear. */
  readonly behind: (value: Value) => Value;
}

/**
 * Finds the first operations that combine samples, by axes alone. What they read of each sample is the cut; what
 * positions and constants make is not of it, since it can be made again for all samples.
 */
export function cutBatch(loss: BatchLoss): BatchCut {
  const { graph, build, samples, sizes, trained } = loss;
  const roots = graphResults(graph);
  const order = valuesInOrder(roots);
  const kinds = sampleKinds(order, samples, sizes);
  const found = membersOf(order, kinds);
  const learns = dependents(order, new Set(trained.map(({ value }) => value)));
  const rows = new Map(found.map((value, n) => [value, rowOf(build, value, samples, n)]));
  const asRows = new Map([...rows].map(([value, row]) => [value, fromRow(build, row, value)]));
  const whole = rebuildValues(build, roots, asRows);
  const candidates = found.filter((value) => learns.has(value) && isFloat(value.type.element));
  const slopes = slopesOf(loss, whole, candidates, rows);
  const members = found.map((value): CutMember => {
    const row = rows.get(value) as Value;
    const own = slopes.get(value);
    if (!learns.has(value)) return { value, use: "given", row, slopes: new Map() };
    return own === undefined
      ? { value, use: "stored", row, slopes: new Map() }
      : { value, use: "linear", row, slopes: own };
  });
  const feeds = new Map(asRows);
  for (const { value, use } of members)
    if (use === "linear") feeds.set(value, noneOf(build, value));
  return {
    form: members.some(({ use }) => use === "stored") ? "two-pass" : "sum",
    kinds,
    members,
    behind: rebuildValues(build, roots, feeds),
  };
}

/** A value of a sample in the form in which its rows are stored. */
export function asRow(build: GraphBuilder, value: Value, samples: Axis): Value {
  const { element, axes } = value.type;
  const { origin } = value;
  const order = [samples, ...axes.filter((axis) => axis !== samples)];
  const wide = convert(build, value, isFloat(element) ? "f32" : "i32", origin);
  return reorder(build, wide, order, origin);
}

/** What reads as the value that these are the rows of. */
export function fromRow(build: GraphBuilder, row: Value, { type, origin }: Value): Value {
  return convert(build, reorder(build, row, type.axes, origin), type.element, origin);
}

function rowOf(build: GraphBuilder, value: Value, samples: Axis, n: number): Value {
  return state(build, `batch.rows.${n}`, asRow(build, value, samples).type, value.origin);
}

function noneOf(build: GraphBuilder, { type, origin }: Value): Value {
  return expandTo(build, constant(build, 0, type.element, origin), type.axes, origin);
}

function membersOf(
  order: readonly Value[],
  kinds: ReadonlyMap<Value, SampleKind>,
): readonly Value[] {
  const found = new Set<Value>();
  const isPlaced = placedIn(order);
  for (const value of order) {
    if (kinds.get(value) !== "whole") continue;
    for (const input of value.inputs)
      if (kinds.get(input) === "sample" && !isPlaced.has(input)) found.add(input);
  }
  return [...found];
}

/** What is made of positions, sizes and constants alone. */
function placedIn(order: readonly Value[]): ReadonlySet<Value> {
  const placed = new Set<Value>();
  const sources = new Set(["constant", "index", "inside", "size"]);
  for (const value of order) {
    const { op, inputs } = value;
    const isMade = inputs.length > 0 && inputs.every((input) => placed.has(input));
    if (sources.has(op) || isMade) placed.add(value);
  }
  return placed;
}

/** `of`, and everything that is made of it. */
export function dependents(order: readonly Value[], of: ReadonlySet<Value>): ReadonlySet<Value> {
  const found = new Set(of);
  for (const value of order) if (value.inputs.some((input) => found.has(input))) found.add(value);
  return found;
}

/** The gradients of all results at those candidates in which all are linear, by result. */
function slopesOf(
  { graph, build, trained }: BatchLoss,
  whole: (value: Value) => Value,
  candidates: readonly Value[],
  rows: ReadonlyMap<Value, Value>,
): ReadonlyMap<Value, ReadonlyMap<string, Value>> {
  const rowsOf = candidates.map((value) => rows.get(value) as Value);
  const unknown = new Set([...trained.map(({ value }) => value), ...rowsOf]);
  const results = graph.outputs.map(({ name, value }) => ({ name, value: whole(value) }));
  const updates = graph.stored.flatMap(({ value, next }) => (next === value ? [] : [whole(next)]));
  const slopes = new Map<Value, Map<string, Value>>();
  const all = valuesInOrder([...results.map(({ value }) => value), ...updates]);
  for (const value of candidates) {
    const row = rows.get(value) as Value;
    const behind = dependents(all, new Set([row]));
    // What a step keeps is not added up over pieces.
    const isKept = updates.some((one) => behind.has(one));
    const isLinear = !isKept && linearAlong(all, behind, row);
    if (isLinear) slopes.set(value, new Map());
  }
  for (const { name, value: result } of results) {
    const { origin, type } = result;
    const seeds = new Map([[result, constant(build, 1, type.element, origin)]]);
    const gradients = reverseMode({ build, seeds, wanted: rowsOf });
    for (const value of [...slopes.keys()]) {
      const row = rows.get(value) as Value;
      const slope = gradients.get(row);
      if (slope === undefined) continue;
      if (valuesInOrder([slope]).some((one) => unknown.has(one))) slopes.delete(value);
      else {
        const wide = convert(build, expandTo(build, slope, row.type.axes, origin), "f32", origin);
        slopes.get(value)?.set(name, wide);
      }
    }
  }
  return slopes;
}
