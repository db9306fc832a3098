import type { VariableId } from "../../../../ir/axis-ids.ts";
import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { combined, neutral } from "../reduction.ts";
import {
  alongInner,
  type Contract,
  type Nest,
  ofOwnRow,
  printed,
  strideOverInner,
  together,
} from "./stride-inner.ts";

export interface RowPlace {
  readonly batch: ReadonlyMap<number, Expr>;
  readonly rows: readonly number[];
}

const statisticOf = (n: number, row: number) => `statistic${n}Of${row}`;

/** The statistics of all rows, in one loop over the inner axes. Names of the results. */
export function writeStatistics(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  { batch, rows }: RowPlace,
): readonly string[] {
  const { root } = writer;
  const { statistics = [] } = engine;
  if (statistics.length === 0) return [];
  declareStatistics(engine, nest, rows, root);
  const write = (first: LoopVariable, inside: Block): void => {
    for (const along of alongInner(engine, first, nest)) {
      for (const row of rows) {
        const at = mergedPositions(batch, unflatten(engine.rows, intConstant(row)), along);
        addStatistics(writer, engine, { row, at, axis: first.axis, nest }, inside);
      }
    }
  };
  strideOverInner(writer, nest, extentOfAll(engine.inner), "along", write, root);
  return measured(writer, engine, nest, rows, root);
}

export function declareStatistics(
  { statistics = [] }: Contract,
  { vector }: Nest,
  rows: readonly number[],
  block: Block,
): void {
  for (const row of rows) {
    statistics.forEach(({ combine, type }, n) => {
      block.add(`var ${statisticOf(n, row)} = ${neutral(combine, type, vector)};`);
    });
  }
}

interface StatisticPlace {
  readonly row: number;
  readonly at: ReadonlyMap<number, Expr>;
  /** Of the lanes of a vector. */
  readonly axis: VariableId;
  readonly nest: Nest;
}

export function addStatistics(
  writer: KernelWriter,
  { statistics = [] }: Contract,
  { row, at, axis, nest }: StatisticPlace,
  block: Block,
): void {
  statistics.forEach(({ combine, value }, n) => {
    const name = statisticOf(n, row);
    const text = printed(writer, placed(at)(value), "s", { axis, nest }, block);
    block.add(`${name} = ${combined(combine, name, text)};`);
  });
}

/** The statistics once all lanes have put theirs together. Names of the results. */
export function measured(
  writer: KernelWriter,
  { statistics = [] }: Contract,
  nest: Nest,
  rows: readonly number[],
  block: Block,
): readonly string[] {
  return statistics.map(({ combine }, n) =>
    ofOwnRow(writer, block, `measure${n}`, rows, (row) =>
      together(combine, statisticOf(n, row), nest),
    ),
  );
}
