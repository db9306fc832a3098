import type { Graph, GraphStored } from "../../ir/graph/graph.ts";
import { put } from "../../ops/build/build-movement.ts";
import { accumulateStep } from "./accumulate-step.ts";
import { asRow, type BatchCut } from "./batch-cut.ts";
import type { BatchInPieces } from "./batch-loss.ts";
import { type BatchStep, withReached } from "./batch-step.ts";
import { gradientSum, kept, total } from "./batch-stored.ts";
import { coupleStep } from "./couple-step.ts";
import { type Piece, pieceOf } from "./piece-of.ts";

/**
 * The steps of a batch in pieces. `features` (`count` where they hold nothing that learns) stores what the whole
 * batch is made of, a piece at a time; `couple` computes the results behind it and the gradients at it; `accumulate`
 * runs each piece forward and back, and adds up gradients and results; `gradients` gives them as outputs. Steps that
 * would have nothing to do are not there. Between them stand states that no checkpoint keeps: `batch.rows.N`,
 * `batch.slopes.N.RESULT`, `batch.totals.RESULT`, `batch.gradients.PATH`, and `batch.first`, the place of the piece.
 */
export function batchSteps(loss: BatchInPieces, cut: BatchCut): readonly BatchStep[] {
  const piece = pieceOf(loss);
  const couple = coupleStep(loss, cut);
  const rows = rowsStep(loss, cut, piece);
  const accumulate = accumulateStep(loss, cut, piece, couple);
  return [
    ...(rows === undefined ? [] : [rows]),
    couple.step,
    ...(accumulate === undefined ? [] : [accumulate]),
    { name: "gradients", per: "batch", graph: gathered(loss) },
  ];
}

function rowsStep(loss: BatchInPieces, cut: BatchCut, piece: Piece): BatchStep | undefined {
  const { build, graph, samples } = loss;
  const members = cut.members.filter(({ use }) => use !== "linear");
  if (members.length === 0) return undefined;
  const newOf = piece.rebuilt(members.map(({ value }) => value));
  const rows = members.map(({ value, row }): GraphStored => {
    const stored = piece.stored(row);
    const own = asRow(build, newOf(value), samples);
    const next = put(build, stored, piece.axis, piece.positions, own, value.origin);
    return kept(loss, stored, next);
  });
  const name = cut.form === "two-pass" ? "features" : "count";
  const stored = [...rows, piece.first];
  return { name, per: "piece", graph: withReached({ ...graph, outputs: [], stored }, graph) };
}

/** Results and gradients of the whole batch as outputs, the latter under the paths of what they belong to. */
function gathered(loss: BatchInPieces): Graph {
  const { build, graph, trained } = loss;
  const totals = graph.outputs.map(({ name, value }) => {
    const sum = total(build, name, value.origin);
    return { stored: kept(loss, sum, sum), output: { name, value: sum, dimensions: [] } };
  });
  const sums = trained.map((parameter) => {
    const { path, dimensions } = parameter;
    const sum = gradientSum(build, parameter);
    const stored = { ...kept(loss, sum, sum), dimensions };
    return { stored, output: { name: path, value: sum, dimensions } };
  });
  const all = [...totals, ...sums];
  const stored = [...trained, ...all.map((one) => one.stored)];
  return { ...graph, inputs: [], stored, outputs: all.map(({ output }) => output) };
}
