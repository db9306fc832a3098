import { invariant } from "../../diagnostics/internal-error.ts";
import type { Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { graphResults, reachedFrom } from "../../ir/graph/graph-results.ts";
import type { Pass } from "../../ir/pass.ts";
import { add, constant, convert, equal, mul, where } from "../../ops/build/build.ts";
import { take } from "../../ops/build/build-movement.ts";
import { sum } from "../../ops/build/build-reduction.ts";
import { asRow, type BatchCut } from "./batch-cut.ts";
import type { BatchInPieces } from "./batch-loss.ts";
import { type BatchStep, withReached } from "./batch-step.ts";
import { gradientSum, kept, slopeState, total } from "./batch-stored.ts";
import type { Coupled } from "./couple-step.ts";
import type { Piece } from "./piece-of.ts";

/** A number whose gradients are those of the loss by what comes before the cut. */
const surrogate = "surrogate";

/**
 * Runs a piece forward and back, from the gradients at the cut, and adds to the sums; undefined where nothing that
 * is trained comes before the cut.
 */
export function accumulateStep(
  loss: BatchInPieces,
  { members }: BatchCut,
  piece: Piece,
  { seeded: atRows, begun }: Coupled,
): BatchStep | undefined {
  const { build, graph, samples, trained } = loss;
  const seeded = [...members.entries()].filter(([n, { use }]) => use === "linear" || atRows.has(n));
  const newOf = piece.rebuilt(seeded.map(([, { value }]) => value));
  /** The rows of the piece times what lies at them, added up. */
  const weighed = (value: Value, weights: Value): Value => {
    const { origin } = value;
    const row = convert(build, asRow(build, newOf(value), samples), "f32", origin);
    const here = take(build, piece.stored(weights), piece.axis, piece.positions, origin);
    return sum(build, mul(build, row, here, origin), row.type.axes, origin);
  };
  const read = new Map<Value, GraphStored>();
  const parts = new Map<string, Value>();
  const addTo = (name: string, value: Value, weights: Value): void => {
    const stored = piece.stored(weights);
    read.set(stored, kept(loss, stored, stored));
    const part = weighed(value, weights);
    const before = parts.get(name);
    parts.set(name, before === undefined ? part : add(build, before, part, part.origin));
  };
  for (const [n, { value, row, slopes }] of seeded) {
    if (atRows.has(n)) addTo(surrogate, value, row);
    for (const name of slopes.keys()) addTo(name, value, slopeState(build, n, name, row));
  }
  const rest = parts.get(surrogate);
  parts.delete(surrogate);
  const linear = parts.get("loss");
  const seed = rest && linear ? add(build, rest, linear, rest.origin) : (rest ?? linear);
  if (parts.size === 0 && seed === undefined) return undefined;
  const totals = [...parts].map(([name, part]) => {
    const before = total(build, name, part.origin);
    return kept(loss, before, add(build, before, part, part.origin));
  });
  const outputs = seed ? [{ name: surrogate, value: seed, dimensions: [] }] : [];
  const scaled = loss.scaleState === undefined ? [] : [loss.scaleState];
  const stored = [...read.values(), ...totals, ...scaled, piece.first];
  const own = withReached({ ...graph, outputs, stored }, graph);
  if (seed === undefined) return { name: "accumulate", per: "piece", graph: own };
  const reached = reachedFrom(graphResults({ outputs, stored: [] }));
  const by = trained.filter(({ value }) => reached.has(value));
  return {
    name: "accumulate",
    per: "piece",
    graph: own,
    gradients: { loss: surrogate, by: by.map(({ path }) => path), scale: loss.scale },
    update: addingPass(loss, by, begun, piece.first.path),
    writes: by.map((parameter) => String(gradientSum(build, parameter).attrs.path)),
  };
}

/** Adds each gradient to its sum, which begins with that of the first piece where nothing has begun it before. */
function addingPass(
  loss: BatchInPieces,
  by: readonly GraphStored[],
  begun: ReadonlySet<string>,
  firstPath: string,
): Pass<Graph, { readonly build: GraphBuilder }> {
  return {
    name: "accumulate",
    summary: "add the gradients of a piece to those of the batch",
    run: (graph, { build }) => {
      const first = graph.stored.find(({ path }) => path === firstPath)?.value;
      const gradients = new Map(graph.outputs.map(({ name, value }) => [name, value]));
      const sums = by.map((parameter): GraphStored => {
        const gradient = gradients.get(parameter.path);
        invariant(first && gradient, `${parameter.path} has no gradient`);
        const { origin } = gradient;
        const before = gradientSum(build, parameter);
        const own = convert(build, gradient, "f32", origin);
        const sum = add(build, before, own, origin);
        const isFirst = equal(build, first, constant(build, 0, "i32", origin), origin);
        const next = begun.has(parameter.path) ? sum : where(build, isFirst, own, sum, origin);
        return { ...kept(loss, before, next), dimensions: parameter.dimensions };
      });
      return { ...graph, stored: [...graph.stored, ...sums], outputs: [] };
    },
  };
}
