import { axisIndex, call, intConstant } from "../../../ir/expr.ts";
import { unflatten } from "../../../ir/flat-axes.ts";
import type { Engine, Expr } from "../../../ir/kernel.ts";
import { extentOfAll, rightsOf } from "../../../ir/loop-axes.ts";
import type { LoopNest } from "../../../ir/schedule.ts";
import type { Block } from "../block.ts";
import {
  type FourPositions,
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../kernel-writer.ts";
import { combined, combinedLanes, neutral, subgroupFunction } from "../reduction.ts";

type Contract = Extract<Engine, { kind: "contract" }>;
type Nest = Extract<LoopNest, { kind: "contract-vector" }>;

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
  const outer = unflatten(engine.batch, batch);
  const oneTurn = (number: string, block: Block): void => {
    block.add(`let column = ${number};`);
    const fill = (inside: Block): void => writeColumns(writer, engine, nest, outer, inside);
    // The loads of a turn that does not take place must not come before the test.
    if (groups % nest.turns === 0) fill(block);
    else block.nest(`if (column < ${groups})`, fill, { isConditional: true });
  };
  if (nest.turns === 1) {
    oneTurn(`i32(${id}.x)`, root);
    return;
  }
  root.nest(`for (var turn = 0; turn < ${writer.bound(nest.turns)}; turn++)`, (inside) =>
    oneTurn(`i32(${id}.x) * ${nest.turns} + turn`, inside),
  );
}

function writeColumns(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  batch: ReadonlyMap<number, Expr>,
  block: Block,
): void {
  const columnCount = extentOfAll(engine.columns);
  const column = writer.fours("column", columnCount, block);
  const columns = [0, 1, 2, 3].map((place) => {
    if (columnCount % 4 === 0) return column.at(place);
    const text = `min(4 * column + ${place}, ${columnCount - 1})`;
    return writer.define(`column${place}`, text, columnCount, block).expr;
  });
  const rows = Array.from({ length: extentOfAll(engine.rows) }, (_, row) => row);
  const numbers = [...rightsOf(engine).keys()];
  const loops = nest.isInTurn ? numbers.map((n) => [n]) : [numbers];
  const place = { batch, columns, rows };
  // Sums are declared just before their loop and put together just after it: the next loop needs registers.
  const results = loops.flatMap((products) =>
    writeProducts(writer, engine, nest, place, products, block),
  );
  const { statistics = [] } = engine;
  const measures = statistics.map(({ combine }, n) =>
    ofOwnRow(writer, block, `measure${n}`, rows, (row) =>
      together(combine, statisticOf(n, row), nest),
    ),
  );
  storeRows(writer, engine, batch, column, [...results, ...measures], block);
}

interface ColumnPlace {
  readonly batch: ReadonlyMap<number, Expr>;
  readonly columns: readonly Expr[];
  readonly rows: readonly number[];
}

const sumOf = (n: number, row: number, place: number) => `sum${n}Of${row}At${place}`;
const statisticOf = (n: number, row: number) => `statistic${n}Of${row}`;

/** One loop over the inner axes; the first one takes the statistics of the row along. Names of the results. */
function writeProducts(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  { batch, columns, rows }: ColumnPlace,
  products: readonly number[],
  block: Block,
): string[] {
  const { printer } = writer;
  const rights = rightsOf(engine);
  const statistics = products.includes(0) ? (engine.statistics ?? []) : [];
  for (const row of rows) {
    for (const n of products) {
      for (const place of columns.keys())
        block.add(`var ${sumOf(n, row, place)} = ${neutral("sum", "f32", nest.vector)};`);
    }
    statistics.forEach(({ combine, type }, n) => {
      block.add(`var ${statisticOf(n, row)} = ${neutral(combine, type, nest.vector)};`);
    });
  }
  const write = (first: LoopVariable, inside: Block): void => {
    const print = (expr: Expr, prefix: string): string => {
      const text =
        nest.vector === 4 ? printer.vector(expr, first.axis, inside) : printer.scalar(expr, inside);
      return printer.name(text, inside, prefix);
    };
    const steps = runOfVectors(first, nest).map((step) => unflatten(engine.inner, step));
    const lefts = rows.map((row) => {
      const outer = unflatten(engine.rows, intConstant(row));
      return steps.map((along) => {
        const put = placed(mergedPositions(batch, outer, along));
        statistics.forEach(({ combine, value }, n) => {
          const name = statisticOf(n, row);
          inside.add(`${name} = ${combined(combine, name, print(put(value), "s"))};`);
        });
        return print(put(engine.left), "a");
      });
    });
    for (const n of products) {
      columns.forEach((at, place) => {
        const outer = unflatten(engine.columns, at);
        const weights = steps.map((along) =>
          placed(mergedPositions(batch, outer, along))(rights[n] as Expr),
        );
        const scale = sharedScale(weights, first.axis, writer, inside);
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

/** Runs of vectors, lane by lane. Where all lanes have as many of them, the loop is the same for all. */
function strideOverInner(
  writer: KernelWriter,
  { lanes, vector, run }: Nest,
  inner: number,
  name: string,
  write: (first: LoopVariable, block: Block) => void,
  block: Block,
): void {
  const lane = writer.builtin("subgroup_invocation_id");
  const count = inner / run;
  const turns = count / vector / lanes;
  if (vector === 4 && Number.isInteger(turns) && turns > 1) {
    block.nest(`for (var step = 0; step < ${writer.bound(turns)}; step++)`, (inside) => {
      inside.add(`let ${name} = ${lanes} * step + i32(${lane});`);
      write(writer.fours(name, count, inside), inside);
    });
    return;
  }
  writer.loop(block, name, count, vector, write, { first: `i32(${lane})`, step: lanes });
}

/** The vectors of a lane in one turn: `first` stands for four neighbours in one of 1 / `run` of the loop. */
function runOfVectors({ expr, axis }: LoopVariable, { run }: Nest): readonly Expr[] {
  if (run === 1) return [expr];
  const lane = axisIndex(axis, 4);
  const start = call("sub", [expr, lane], "i32");
  return Array.from({ length: run }, (_, n) => {
    const from = call("mul", [start, intConstant(run)], "i32");
    return call("add", [from, call("add", [lane, intConstant(4 * n)], "i32")], "i32");
  });
}

/** What all weights of a run are multiplied with, once for all of them: the scale of their group. */
function sharedScale(
  weights: readonly Expr[],
  axis: number,
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

function together(combine: "sum" | "max" | "min", name: string, { vector }: Nest): string {
  return `${subgroupFunction[combine]}(${vector === 4 ? combinedLanes(combine, name) : name})`;
}

/** Gives lane n what belongs to row n, so that the stores are printed once for all rows. */
function ofOwnRow(
  writer: KernelWriter,
  block: Block,
  name: string,
  rows: readonly number[],
  text: (row: number) => string,
): string {
  const lane = writer.builtin("subgroup_invocation_id");
  if (rows.length === 1) {
    block.add(`let ${name} = ${text(0)};`);
    return name;
  }
  for (const row of rows) block.add(`let ${name}Of${row} = ${text(row)};`);
  block.add(`var ${name} = ${name}Of0;`);
  for (const row of rows.slice(1))
    block.add(`if (${lane} == ${row}u) {`, `  ${name} = ${name}Of${row};`, "}");
  return name;
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
