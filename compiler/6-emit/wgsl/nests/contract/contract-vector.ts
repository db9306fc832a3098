import type { VariableId } from "../../../../ir/axis-ids.ts";
import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { rightsOf } from "../../../../ir/kernel/engines/contract.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { neutral } from "../reduction.ts";
import {
  alongInner,
  type Contract,
  type Nest,
  ofOwnRow,
  printed,
  strideOverInner,
  together,
} from "./stride-inner.ts";
import {
  addStatistics,
  declareStatistics,
  measured,
  type RowPlace,
  writeStatistics,
} from "./vector-statistics.ts";

/**
 * All rows by four columns at a time per subgroup: its lanes stride over the inner axes, so that each reads
 * its share of the weights once, and combine at the end. No barriers, one load of the left operand for four
 * columns.
 */
export function writeContractVector(writer: KernelWriter, engine: Contract, nest: Nest): void {
  const { root } = writer;
  const id = writer.builtin("workgroup_id");
  const batchCount = extentOfAll(engine.batch);
  const batch =
    batchCount > 1 ? writer.define("batch", `i32(${id}.z)`, batchCount, root).expr : intConstant(0);
  const groups = Math.ceil(extentOfAll(engine.columns) / 4);
  const rows = Array.from({ length: extentOfAll(engine.rows) }, (_, row) => row);
  const place = { batch: unflatten(engine.batch, batch), rows };
  // Several repeats share the statistics of their rows: those get a loop of their own, before the others.
  const measures = nest.repeats > 1 ? writeStatistics(writer, engine, nest, place) : undefined;
  const oneRepeat = (number: string, block: Block): void => {
    block.add(`let column = ${number};`);
    const fill = (inside: Block): void =>
      writeColumns(writer, engine, nest, { ...place, measures }, inside);
    // The loads of a repeat that does not take place must not come before the test.
    if (groups % nest.repeats === 0) fill(block);
    else block.nest(`if (column < ${groups})`, fill, { isConditional: true });
  };
  if (nest.repeats === 1) {
    oneRepeat(`i32(${id}.x)`, root);
    return;
  }
  root.nest(`for (var turn = 0; turn < ${writer.bound(nest.repeats)}; turn++)`, (inside) =>
    oneRepeat(`i32(${id}.x) * ${nest.repeats} + turn`, inside),
  );
}

function writeColumns(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  { batch, rows, measures }: RowPlace & { readonly measures: readonly string[] | undefined },
  block: Block,
): void {
  const columnCount = extentOfAll(engine.columns);
  const column = writer.fours("column", columnCount, block);
  const columns = [0, 1, 2, 3].map((place) => {
    if (columnCount % 4 === 0) return column.at(place);
    const text = `min(4 * column + ${place}, ${columnCount - 1})`;
    return writer.define(`column${place}`, text, columnCount, block).expr;
  });
  const numbers = [...rightsOf(engine).keys()];
  const loops = nest.sequential ? numbers.map((n) => [n]) : [numbers];
  const place = { batch, columns, rows, takesStatistics: measures === undefined };
  // Sums are declared just before their loop and put together just after it: the next loop needs registers.
  const results = loops.flatMap((products) =>
    writeProducts(writer, engine, nest, place, products, block),
  );
  const own = measures ?? measured(writer, engine, nest, rows, block);
  storeRows(writer, engine, batch, column, [...results, ...own], block);
}

interface ColumnPlace extends RowPlace {
  readonly columns: readonly Expr[];
  /** The first loop gathers the statistics of the rows too. */
  readonly takesStatistics: boolean;
}

const sumOf = (n: number, row: number, place: number) => `sum${n}Of${row}At${place}`;

/** One loop over the inner axes; the first one may take the statistics of the rows along. Names of the results. */
function writeProducts(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  { batch, columns, rows, takesStatistics }: ColumnPlace,
  products: readonly number[],
  block: Block,
): string[] {
  const rights = rightsOf(engine);
  const isMeasuring = takesStatistics && products.includes(0);
  for (const row of rows) {
    for (const n of products) {
      for (const place of columns.keys())
        block.add(`var ${sumOf(n, row, place)} = ${neutral("sum", "f32", nest.vector)};`);
    }
  }
  if (isMeasuring) declareStatistics(engine, nest, rows, block);
  const write = (first: LoopVariable, inside: Block): void => {
    const { axis } = first;
    const print = (expr: Expr, prefix: string): string =>
      printed(writer, expr, prefix, { axis, nest }, inside);
    const steps = alongInner(engine, first, nest);
    const lefts = rows.map((row) => {
      const outer = unflatten(engine.rows, intConstant(row));
      return steps.map((along) => {
        const at = mergedPositions(batch, outer, along);
        if (isMeasuring) addStatistics(writer, engine, { row, at, axis, nest }, inside);
        return print(placed(at)(engine.left), "a");
      });
    });
    for (const n of products) {
      columns.forEach((at, place) => {
        const outer = unflatten(engine.columns, at);
        const weights = steps.map((along) =>
          placed(mergedPositions(batch, outer, along))(rights[n] as Expr),
        );
        const scale = sharedScale(weights, axis, writer, inside);
        const texts = scale.of.map((weight) => print(weight, "w"));
        lefts.forEach((own, row) => {
          const sum = sumOf(n, row, place);
          const product = (start: string): string =>
            own.reduce((rest, left, step) => {
              const weight = texts[step] ?? "";
              return rest === "" ? `${left} * ${weight}` : `fma(${left}, ${weight}, ${rest})`;
            }, start);
          if (scale.text === undefined) inside.add(`${sum} = ${product(sum)};`);
          else inside.add(`${sum} = fma(${product("")}, vec4f(${scale.text}), ${sum});`);
        });
      });
    }
  };
  strideOverInner(writer, nest, extentOfAll(engine.inner), `k${products[0]}`, write, block);
  return products.map((n) =>
    ofOwnRow(writer, block, `result${n}`, rows, (row) => {
      const parts = columns.map((_, place) => together("sum", sumOf(n, row, place), nest));
      return `vec4f(${parts.join(", ")})`;
    }),
  );
}

/** What all weights of a run are multiplied with, once for all of them: the scale of their group. */
function sharedScale(
  weights: readonly Expr[],
  axis: VariableId,
  { planner, printer }: KernelWriter,
  block: Block,
): { readonly of: readonly Expr[]; readonly text?: string } {
  const products = weights.flatMap((weight) =>
    weight.kind === "call" && weight.fn === "mul" ? [weight.args] : [],
  );
  const [first, ...others] = products.map(([, scale]) => scale && planner.plan(scale, axis));
  const isShared =
    products.length === weights.length && others.length > 0 && others.every((one) => one === first);
  if (!isShared || first === undefined || first.width !== 1) return { of: weights };
  const of = products.flatMap(([value]) => (value === undefined ? [] : [value]));
  return { of, text: printer.print(first, block) };
}

function storeRows(
  writer: KernelWriter,
  engine: Contract,
  batch: ReadonlyMap<number, Expr>,
  column: FourPositions,
  names: readonly string[],
  block: Block,
): void {
  const rowCount = extentOfAll(engine.rows);
  const lane = writer.builtin("subgroup_invocation_id");
  const test = rowCount === 1 ? `${lane} == 0u` : `${lane} < ${rowCount}u`;
  block.nest(
    `if (${test})`,
    (inside) => {
      const row: Pick<LoopVariable, "expr"> =
        rowCount === 1
          ? { expr: intConstant(0) }
          : writer.define("row", `i32(${lane})`, rowCount, inside);
      const products = rightsOf(engine).length;
      const results = names.map((name, n) => {
        const statistic = engine.statistics?.[n - products];
        return writer.result(name, statistic === undefined ? 4 : 1, inside, statistic?.type);
      });
      const positions = mergedPositions(
        batch,
        unflatten(engine.rows, row.expr),
        unflatten(engine.columns, column.expr),
      );
      const place = placed(positions, ...results);
      const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, place));
      writer.storeFour(stores, column, extentOfAll(engine.columns), inside);
    },
    { isConditional: true },
  );
}
