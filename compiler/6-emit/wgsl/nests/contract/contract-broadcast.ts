import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { measuresOnce, rightsOf } from "../../../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Store } from "../../../../ir/kernel/loops.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { atColumns, type InnerSteps, overInner } from "../../writer/operand.ts";
import { range } from "../../writer/range.ts";
import { RowStatistics, type TileRows } from "./contract-statistics.ts";
import { leftOperand } from "./left-operand.ts";
import { inStretches } from "./long-sums.ts";

type Contract = Engine<"contract">;
type Nest = LoopNest<"contract-broadcast">;

/**
 * A tile of `rows` by 4 * `lanes` per subgroup, without barriers. In each step of 4 along the inner axes
 * lane l loads 4 elements of row l on the left, 4 columns on the right, and reads the other rows from the
 * other lanes by broadcast: few loads per multiplication, and all accumulators in registers.
 */
export function writeContractBroadcast(writer: KernelWriter, engine: Contract, nest: Nest): void {
  const { root } = writer;
  const rows = declareRows(writer, engine, nest);
  const inner = extentOfAll(engine.inner);
  const statistics = new RowStatistics(writer, engine, rows);
  // With several tiles the rows are measured once, before the first; for themselves by the first workgroup.
  const isOnce = measuresOnce(engine, writer.scheduled.kernel.stores);
  const isApart = nest.columnTiles > 1 || isOnce;
  if (isOnce) {
    const test = `if (${writer.builtin("workgroup_id")}.y == 0u)`;
    root.nest(test, (first) => statistics.measureAll(nest.unroll, first), { isConditional: true });
    statistics.total(root);
  } else if (isApart) {
    statistics.measureAll(nest.unroll, root);
    statistics.total(root);
  }
  overColumnTiles(writer, engine, nest, (number, block) => {
    const tile = declareColumns(writer, engine, nest, rows, number, block);
    const sums = sumNames(engine, nest).flat();
    for (const name of sums) block.add(`var ${name} = vec4f();`);
    const add = (steps: readonly InnerSteps[], inside: Block): void => {
      if (!isApart) statistics.measure(steps, inside);
      multiply(writer, engine, nest, tile, steps, inside);
    };
    overInner(writer, inner, nest.unroll, block, add, "k", (count, outside, loop) => {
      inStretches(writer, { count, terms: 4, advance: nest.unroll, sums }, outside, loop);
    });
    if (!isApart) statistics.total(root);
    storeTile(writer, engine, nest, tile, statistics);
  });
}

interface Tile extends TileRows {
  /** The first of the four columns of this lane, moved back where it lies beyond the end. */
  readonly column: FourPositions;
  /** Does any tile reach beyond the last column? */
  readonly isRagged: boolean;
  /** The block of one tile. */
  readonly home: Block;
}

function declareRows(writer: KernelWriter, engine: Contract, { lanes, rows }: Nest): TileRows {
  const { root } = writer;
  const id = writer.builtin("workgroup_id");
  const lane = writer.builtin("subgroup_invocation_id");
  const count = extentOfAll(engine.rows);
  const isRagged = count % rows !== 0;
  const batchCount = extentOfAll(engine.batch);
  const batch =
    batchCount > 1 ? writer.define("batch", `i32(${id}.z)`, batchCount, root).expr : undefined;
  root.add(`let firstRow = i32(${id}.x) * ${rows};`);
  const loaded: LoopVariable[] = [];
  for (let part = 0; part * lanes < rows; part++) {
    const row = `firstRow + ${part === 0 ? "" : `${part * lanes} + `}i32(${lane})`;
    const isOver = isRagged || rows % lanes !== 0;
    loaded.push(
      writer.define(`row${part}`, isOver ? `min(${row}, ${count - 1})` : row, count, root),
    );
  }
  return { batch: unflatten(engine.batch, batch ?? intConstant(0)), rows: loaded };
}

/** The tiles of this workgroup, one after the other; mostly it has one. */
function overColumnTiles(
  writer: KernelWriter,
  engine: Contract,
  { lanes, columnTiles }: Nest,
  fill: (number: string, block: Block) => void,
): void {
  const own = `i32(${writer.builtin("workgroup_id")}.y)`;
  if (columnTiles === 1) {
    fill(own, writer.root);
    return;
  }
  const count = Math.ceil(extentOfAll(engine.columns) / (4 * lanes));
  const end = `${own} * ${columnTiles} + ${columnTiles}`;
  const last = count % columnTiles === 0 ? end : `min(${end}, ${count})`;
  const header = `for (var tile = ${own} * ${columnTiles}; tile < ${last}; tile++)`;
  writer.root.nest(header, (block) => fill("tile", block));
}

function declareColumns(
  writer: KernelWriter,
  engine: Contract,
  { lanes }: Nest,
  rows: TileRows,
  number: string,
  block: Block,
): Tile {
  const count = extentOfAll(engine.columns);
  const isRagged = count % (4 * lanes) !== 0;
  block.add(
    `let wanted = ${number} * ${lanes} + i32(${writer.builtin("local_invocation_index")});`,
  );
  const groups = Math.ceil(count / 4);
  block.add(`let column = ${isRagged ? `min(wanted, ${groups - 1})` : "wanted"};`);
  return { ...rows, column: writer.fours("column", count, block), isRagged, home: block };
}

function multiply(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  tile: Tile,
  inner: readonly InnerSteps[],
  block: Block,
): void {
  const { printer } = writer;
  const lefts = inner.map((steps) => leftOperand(writer, engine, nest, tile, steps, block));
  const sums = sumNames(engine, nest);
  // The loads of an operand come before its first product, so that a sum stays in its register over all
  // steps; one operand after the other, so that few are held at a time.
  rightsOf(engine).forEach((operand, n) => {
    const products = inner.flatMap((steps, turn) => {
      const right = rightOperand(writer, operand, engine, tile, steps, block);
      return [...steps.steps.keys()].map((step) => ({
        left: (row: number) => lefts[turn]?.(row, step) ?? "",
        right: printer.name(right(step), block, "b"),
      }));
    });
    for (let row = 0; row < nest.rows; row++) {
      const sum = sums[n]?.[row] ?? "";
      for (const { left, right } of products) {
        block.add(`${sum} = fma(vec4f(${left(row)}), ${right}, ${sum});`);
      }
    }
  });
}

/** The accumulators by right operand and row. */
function sumNames(engine: Contract, { rows }: Pick<Nest, "rows">): readonly (readonly string[])[] {
  return rightsOf(engine).map((_, n) =>
    range(rows).map((row) => (n === 0 ? `sum${row}` : `sum${row}Right${n}`)),
  );
}

function rightOperand(
  writer: KernelWriter,
  right: Expr,
  engine: Contract,
  tile: Tile,
  inner: InnerSteps,
  block: Block,
): (step: number) => string {
  const at = (column: Expr, step: Expr): Expr => {
    const positions = mergedPositions(
      tile.batch,
      unflatten(engine.columns, column),
      unflatten(engine.inner, step),
    );
    return placed(positions)(right);
  };
  const count = extentOfAll(engine.columns);
  const singles = (): Expr[] =>
    range(4).map((place) => {
      const text = `4 * column + ${place}`;
      const limited = tile.isRagged ? `min(${text}, ${count - 1})` : text;
      return writer.once(`column${place}`, limited, count, tile.home).expr;
    });
  return atColumns(writer, inner, tile.column, singles, at, block);
}

function storeTile(
  writer: KernelWriter,
  engine: Contract,
  { rows, lanes }: Nest,
  tile: Tile,
  statistics: RowStatistics,
): void {
  const { home } = tile;
  const rowCount = extentOfAll(engine.rows);
  const columnCount = extentOfAll(engine.columns);
  const measured = statistics.share(rows, lanes, home);
  const inColumns = (block: Block): void => {
    const sums = sumNames(engine, { rows });
    writer.storeInTurns(block, [...sums, ...measured], rowCount, (row, names, inside) => {
      const results = names.map((name, n) => {
        const type = statistics.types[n - sums.length];
        return writer.result(name, type === undefined ? 4 : 1, inside, type);
      });
      storeRow(writer, engine, tile, statistics.stores, row, results, inside);
    });
  };
  if (tile.isRagged) home.nest(`if (wanted < ${Math.ceil(columnCount / 4)})`, inColumns);
  else inColumns(home);
}

function storeRow(
  writer: KernelWriter,
  engine: Contract,
  tile: Tile,
  unplaced: readonly Store[],
  row: LoopVariable,
  results: readonly Expr[],
  block: Block,
): void {
  const { column } = tile;
  const columnCount = extentOfAll(engine.columns);
  const positions = mergedPositions(
    tile.batch,
    unflatten(engine.rows, row.expr),
    unflatten(engine.columns, column.expr),
  );
  const place = placed(positions, ...results);
  const stores = unplaced.map((store) => placedStore(store, place));
  writer.storeFour(stores, column, columnCount, block);
}
