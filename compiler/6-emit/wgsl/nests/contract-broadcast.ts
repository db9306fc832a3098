import { intConstant } from "../../../ir/expr.ts";
import { unflatten } from "../../../ir/flat-axes.ts";
import type { Engine, Expr } from "../../../ir/kernel.ts";
import { extentOfAll } from "../../../ir/loop-axes.ts";
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
  const whole = inner - (inner % 4);
  for (let row = 0; row < nest.rows; row++) root.add(`var sum${row} = vec4f();`);
  if (whole > 0) {
    root.nest(`for (var k = 0; k < ${whole / 4}; k++)`, (block) => {
      const k = writer.fours("k", whole, block);
      multiply(
        writer,
        engine,
        nest,
        tile,
        { axis: k.axis, expr: k.expr, steps: [0, 1, 2, 3].map(k.at) },
        block,
      );
    });
  }
  if (whole < inner) {
    const steps = range(inner - whole).map((step) => intConstant(whole + step));
    multiply(writer, engine, nest, tile, { steps }, root);
  }
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

/** Up to four positions along the inner axes; with an axis for their lanes where they are a whole group. */
interface InnerSteps {
  readonly axis?: number;
  readonly expr?: Expr;
  readonly steps: readonly Expr[];
}

function multiply(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  tile: Tile,
  inner: InnerSteps,
  block: Block,
): void {
  const { printer } = writer;
  const left = tile.rows.map((row) => {
    const outer = mergedPositions(tile.batch, unflatten(engine.rows, row.expr));
    const at = (step: Expr): Expr =>
      placed(mergedPositions(outer, unflatten(engine.inner, step)))(engine.left);
    return alongInner(writer, inner, at, "a", block);
  });
  const right = rightOperand(writer, engine, tile, inner, block);
  for (const step of inner.steps.keys()) {
    const b = printer.name(right(step), block, "b");
    for (let row = 0; row < nest.rows; row++) {
      const a = left[Math.floor(row / nest.lanes)]?.(step) ?? "";
      const broadcast = `subgroupBroadcast(${a}, ${row % nest.lanes}u)`;
      block.add(`sum${row} = fma(vec4f(${broadcast}), ${b}, sum${row});`);
    }
  }
}

/** Loads an operand at all steps at once where it can, and gives its text by step. */
function alongInner(
  writer: KernelWriter,
  inner: InnerSteps,
  at: (step: Expr) => Expr,
  prefix: string,
  block: Block,
): (step: number) => string {
  const { printer } = writer;
  if (inner.axis !== undefined && inner.expr !== undefined) {
    const loaded = printer.name(printer.vector(at(inner.expr), inner.axis, block), block, prefix);
    return (step) => `${loaded}.${"xyzw"[step]}`;
  }
  const loaded = inner.steps.map((step) =>
    printer.name(printer.scalar(at(step), block), block, prefix),
  );
  return (step) => loaded[step] ?? "";
}

/**
 * The right operand at four columns, by step. Where columns lie together that is one load; elsewhere each
 * column is read along the inner axes and the steps are picked out of it.
 */
function rightOperand(
  writer: KernelWriter,
  engine: Contract,
  tile: Tile,
  inner: InnerSteps,
  block: Block,
): (step: number) => string {
  const { printer, planner, root } = writer;
  const { column } = tile;
  const at = (columnAt: Expr, step: Expr): Expr => {
    const positions = mergedPositions(
      tile.batch,
      unflatten(engine.columns, columnAt),
      unflatten(engine.inner, step),
    );
    return placed(positions)(engine.right);
  };
  const [first] = inner.steps;
  if (first !== undefined && planner.liesTogether(at(column.expr, first), column.axis)) {
    return (step) =>
      printer.vector(at(column.expr, inner.steps[step] ?? first), column.axis, block);
  }
  const count = extentOfAll(engine.columns);
  const singles = range(4).map((place) => {
    const text = `4 * column + ${place}`;
    const limited = tile.isRagged.columns ? `min(${text}, ${count - 1})` : text;
    const single = writer.once(`column${place}`, limited, count, root);
    return alongInner(writer, inner, (step) => at(single.expr, step), "w", block);
  });
  return (step) => `vec4f(${singles.map((text) => text(step)).join(", ")})`;
}

function storeTile(writer: KernelWriter, engine: Contract, nest: Nest, tile: Tile): void {
  const { root } = writer;
  const rowCount = extentOfAll(engine.rows);
  const columnCount = extentOfAll(engine.columns);
  const inColumns = (block: Block): void => {
    for (let place = 0; place < nest.rows; place++) {
      const write = (inside: Block): void => {
        const row = writer.define(
          `out${place}`,
          place === 0 ? "firstRow" : `firstRow + ${place}`,
          rowCount,
          inside,
        );
        const sum = writer.result(`sum${place}`, 4, inside);
        storeRow(writer, engine, tile, row, sum, inside);
      };
      // Row and column are in range whatever the condition says, so loads may leave these blocks.
      if (tile.isRagged.rows) block.nest(`if (firstRow < ${rowCount - place})`, write);
      else write(block);
    }
  };
  if (tile.isRagged.columns) root.nest(`if (wanted < ${Math.ceil(columnCount / 4)})`, inColumns);
  else inColumns(root);
}

function storeRow(
  writer: KernelWriter,
  engine: Contract,
  tile: Tile,
  row: LoopVariable,
  sum: Expr,
  block: Block,
): void {
  const { column } = tile;
  const columnCount = extentOfAll(engine.columns);
  const positions = mergedPositions(
    tile.batch,
    unflatten(engine.rows, row.expr),
    unflatten(engine.columns, column.expr),
  );
  const place = placed(positions, sum);
  const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, place));
  if (columnCount % 4 === 0) {
    for (const store of stores) writer.printer.store(store, column.axis, block);
    return;
  }
  for (let lane = 0; lane < 4; lane++) {
    const write = (inside: Block): void => {
      for (const store of stores) writer.printer.storeLane(store, column.axis, lane, inside);
    };
    block.nest(`if (4 * column + ${lane} < ${columnCount})`, write, { isConditional: true });
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
