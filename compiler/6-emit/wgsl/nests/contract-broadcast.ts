import { intConstant } from "../../../ir/expr.ts";
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
import { alongInner, atColumns, type InnerSteps, overInner } from "../operand.ts";
import { combined, combinedLanes, neutral } from "../reduction.ts";

type Contract = Extract<Engine, { kind: "contract" }>;
type Nest = Extract<LoopNest, { kind: "contract-broadcast" }>;

/**
 * A tile of `rows` by 4 * `lanes` per subgroup, without barriers. In each step of 4 along the inner axes
 * lane l loads 4 elements of row l on the left, 4 columns on the right, and reads the other rows from the
 * other lanes by broadcast: few loads per multiplication, and all accumulators in registers.
 */
export function writeContractBroadcast(writer: KernelWriter, engine: Contract, nest: Nest): void {
  const tile = declareTile(writer, engine, nest);
  const { root } = writer;
  const inner = extentOfAll(engine.inner);
  for (const names of sumNames(engine, nest)) {
    for (const name of names) root.add(`var ${name} = vec4f();`);
  }
  declareStatistics(engine, tile, root);
  overInner(writer, inner, nest.unroll, root, (steps, block) => {
    multiply(writer, engine, nest, tile, steps, block);
  });
  storeTile(writer, engine, nest, tile);
}

interface Tile {
  readonly batch: ReadonlyMap<number, Expr>;
  /** Rows that this lane loads; beyond the end the last one, whose product is not stored. */
  readonly rows: readonly LoopVariable[];
  /** The first of the four columns of this lane, moved back where it lies beyond the end. */
  readonly column: FourPositions;
  /** Does any tile reach beyond the last column or row? */
  readonly isRagged: { readonly columns: boolean; readonly rows: boolean };
}

function declareTile(writer: KernelWriter, engine: Contract, { lanes, rows }: Nest): Tile {
  const { root } = writer;
  const id = writer.builtin("workgroup_id");
  const lane = writer.builtin("subgroup_invocation_id");
  const local = writer.builtin("local_invocation_index");
  const rowCount = extentOfAll(engine.rows);
  const columnCount = extentOfAll(engine.columns);
  const isRagged = { columns: columnCount % (4 * lanes) !== 0, rows: rowCount % rows !== 0 };
  const batchCount = extentOfAll(engine.batch);
  const batch =
    batchCount > 1 ? writer.define("batch", `i32(${id}.z)`, batchCount, root).expr : undefined;
  root.add(`let firstRow = i32(${id}.x) * ${rows};`);
  const loaded: LoopVariable[] = [];
  for (let part = 0; part * lanes < rows; part++) {
    const row = `firstRow + ${part === 0 ? "" : `${part * lanes} + `}i32(${lane})`;
    const isOver = isRagged.rows || rows % lanes !== 0;
    loaded.push(
      writer.define(`row${part}`, isOver ? `min(${row}, ${rowCount - 1})` : row, rowCount, root),
    );
  }
  root.add(`let wanted = i32(${id}.y) * ${lanes} + i32(${local});`);
  const groups = Math.ceil(columnCount / 4);
  root.add(`let column = ${isRagged.columns ? `min(wanted, ${groups - 1})` : "wanted"};`);
  const column = writer.fours("column", columnCount, root);
  return {
    batch:
      batch === undefined
        ? unflatten(engine.batch, intConstant(0))
        : unflatten(engine.batch, batch),
    rows: loaded,
    column,
    isRagged,
  };
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
  const lefts = inner.map((steps) => {
    const left = tile.rows.map((row) => {
      const outer = mergedPositions(tile.batch, unflatten(engine.rows, row.expr));
      const at = (step: Expr): Expr =>
        placed(mergedPositions(outer, unflatten(engine.inner, step)))(engine.left);
      return alongInner(writer, steps, at, "a", block);
    });
    measureStatistics(writer, engine, tile, steps, block);
    return left;
  });
  const sums = sumNames(engine, nest);
  // The loads of an operand come before its first product, so that a sum stays in its register over all
  // steps; one operand after the other, so that few are held at a time.
  rightsOf(engine).forEach((operand, n) => {
    const products = inner.flatMap((steps, turn) => {
      const right = rightOperand(writer, operand, engine, tile, steps, block);
      return [...steps.steps.keys()].map((step) => ({
        left: lefts[turn]?.map((text) => text(step)) ?? [],
        right: printer.name(right(step), block, "b"),
      }));
    });
    for (let row = 0; row < nest.rows; row++) {
      const sum = sums[n]?.[row] ?? "";
      for (const { left, right } of products) {
        const broadcast = `subgroupBroadcast(${left[Math.floor(row / nest.lanes)]}, ${row % nest.lanes}u)`;
        block.add(`${sum} = fma(vec4f(${broadcast}), ${right}, ${sum});`);
      }
    }
  });
}

/** The accumulators by right operand and row. */
function sumNames(engine: Contract, { rows }: Nest): readonly (readonly string[])[] {
  return rightsOf(engine).map((_, n) =>
    range(rows).map((row) => (n === 0 ? `sum${row}` : `sum${row}Right${n}`)),
  );
}

/** Each lane measures the rows that it loads, four steps at a time. */
function declareStatistics(engine: Contract, tile: Tile, block: Block): void {
  engine.statistics?.forEach(({ combine, type }, n) => {
    for (const part of tile.rows.keys()) {
      block.add(`var ${partial(n, part)} = ${neutral(combine, type, 4)};`);
    }
  });
}

function measureStatistics(
  writer: KernelWriter,
  engine: Contract,
  tile: Tile,
  { group, steps }: InnerSteps,
  block: Block,
): void {
  const { printer } = writer;
  engine.statistics?.forEach(({ combine, value }, n) => {
    tile.rows.forEach((row, part) => {
      const outer = mergedPositions(tile.batch, unflatten(engine.rows, row.expr));
      const at = (step: Expr): Expr =>
        placed(mergedPositions(outer, unflatten(engine.inner, step)))(value);
      const add = (target: string, text: string): void =>
        block.add(`${target} = ${combined(combine, target, text)};`);
      if (group === undefined) {
        for (const step of steps) add(`${partial(n, part)}.x`, printer.scalar(at(step), block));
      } else add(partial(n, part), printer.vector(at(group.expr), group.axis, block));
    });
  });
}

/**
 * Gives every lane the statistics of every row of the tile, in variables by statistic and row. Comes
 * before any branch: broadcasts need every lane.
 */
function shareStatistics(
  { root }: KernelWriter,
  { statistics = [] }: Contract,
  nest: Nest,
  tile: Tile,
): readonly (readonly string[])[] {
  return statistics.map(({ combine }, n) => {
    for (const part of tile.rows.keys()) {
      root.add(`let ${partial(n, part)}All = ${combinedLanes(combine, partial(n, part))};`);
    }
    return range(nest.rows).map((row) => {
      const own = `${partial(n, Math.floor(row / nest.lanes))}All`;
      const name = `statistic${n}Of${row}`;
      root.add(`var ${name} = subgroupBroadcast(${own}, ${row % nest.lanes}u);`);
      return name;
    });
  });
}

function partial(statistic: number, part: number): string {
  return `statistic${statistic}Part${part}`;
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
      const limited = tile.isRagged.columns ? `min(${text}, ${count - 1})` : text;
      return writer.once(`column${place}`, limited, count, writer.root).expr;
    });
  return atColumns(writer, inner, tile.column, singles, at, block);
}

function storeTile(writer: KernelWriter, engine: Contract, nest: Nest, tile: Tile): void {
  const { root } = writer;
  const rowCount = extentOfAll(engine.rows);
  const columnCount = extentOfAll(engine.columns);
  const statistics = shareStatistics(writer, engine, nest, tile);
  const inColumns = (block: Block): void => {
    const sums = sumNames(engine, nest);
    writer.storeInTurns(block, [...sums, ...statistics], rowCount, (row, names, inside) => {
      const results = names.map((name, n) => {
        const statistic = engine.statistics?.[n - sums.length];
        return writer.result(name, statistic === undefined ? 4 : 1, inside, statistic?.type);
      });
      storeRow(writer, engine, tile, row, results, inside);
    });
  };
  if (tile.isRagged.columns) root.nest(`if (wanted < ${Math.ceil(columnCount / 4)})`, inColumns);
  else inColumns(root);
}

function storeRow(
  writer: KernelWriter,
  engine: Contract,
  tile: Tile,
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
  const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, place));
  writer.storeFour(stores, column, columnCount, block);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
