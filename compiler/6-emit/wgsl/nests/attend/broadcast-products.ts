import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopAxis } from "../../../../ir/kernel/loops.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { type AroundLoop, alongInner, type InnerSteps, overInner } from "../../writer/operand.ts";
import { range } from "../../writer/range.ts";

/** A tile of rows that a subgroup holds: each lane loads some of them and hands them to the others. */
interface LoadedRows {
  readonly batch: ReadonlyMap<number, Expr>;
  readonly axes: readonly LoopAxis[];
  readonly count: number;
  /** The rows that this lane loads. */
  readonly own: readonly LoopVariable[];
}

/** The rows from `firstRow` on; beyond the end the last one. */
export function declareLoadedRows(
  writer: KernelWriter,
  batch: ReadonlyMap<number, Expr>,
  axes: readonly LoopAxis[],
  { lanes, rows }: { readonly lanes: number; readonly rows: number },
): LoadedRows {
  const rowCount = extentOfAll(axes);
  const isOver = rowCount % rows !== 0 || rows % lanes !== 0;
  const own = range(Math.ceil(rows / lanes)).map((part) => {
    const row = part === 0 ? "firstRow + lane" : `firstRow + ${part * lanes} + lane`;
    const limited = isOver ? `min(${row}, ${rowCount - 1})` : row;
    return writer.define(`row${part}`, limited, rowCount, writer.root);
  });
  return { batch, axes, count: rows, own };
}

/** Sums over `axes` of the operand of each row times that of the four others that a lane has. */
interface Products {
  readonly axes: readonly LoopAxis[];
  readonly row: Expr;
  readonly other: Expr;
  readonly others: readonly LoopAxis[];
  /** Where it is summed: `NAME<row>`, a vector of four. */
  readonly name: string;
  /** A name for the loop. */
  readonly step: string;
  /** The test for the last tile, where of the four only the first exists. */
  readonly isSingle?: string;
}

/** `isSingle` of tiles of 4 * `lanes` others; none where the last one has more than one for each lane. */
export function singleTile(
  first: string,
  count: number,
  lanes: number,
): Pick<Products, "isSingle"> {
  const left = count % (4 * lanes);
  return left === 0 || left > lanes ? {} : { isSingle: `${first} >= ${count - left}` };
}

export function writeProducts(
  writer: KernelWriter,
  lanes: number,
  rows: LoadedRows,
  others: readonly LoopVariable[],
  products: Products,
  block: Block,
): void {
  for (let row = 0; row < rows.count; row++) block.add(`var ${products.name}${row} = vec4f();`);
  const addOf =
    (owned: readonly LoopVariable[]) =>
    (steps: readonly InnerSteps[], inside: Block): void => {
      for (const inner of steps) addProducts(writer, lanes, rows, owned, products, inner, inside);
    };
  const { axes, step, isSingle } = products;
  const extent = extentOfAll(axes);
  if (isSingle === undefined) {
    overInner(writer, extent, 1, block, addOf(others), step);
    return;
  }
  // One of two loops takes no turns, because a software device goes through both branches of an `if`.
  const onlyIf =
    (test: string): AroundLoop =>
    (count, outside, loop) =>
      loop("0", `select(0, ${writer.bound(count)}, ${test})`, outside);
  overInner(writer, extent, 1, block, addOf(others), step, onlyIf(`!(${isSingle})`));
  const [inFours, first] = [extent - (extent % 4), others.slice(0, 1)];
  overInner(writer, inFours, 1, block, addOf(first), `${step}Single`, onlyIf(isSingle));
}

/** Without `others` but the first, only the first element of each sum. */
function addProducts(
  writer: KernelWriter,
  lanes: number,
  rows: LoadedRows,
  others: readonly LoopVariable[],
  products: Products,
  inner: InnerSteps,
  block: Block,
): void {
  const load = (axes: readonly LoopAxis[], at: Expr, operand: Expr, prefix: string) => {
    const outer = mergedPositions(rows.batch, unflatten(axes, at));
    const along = (step: Expr): Expr =>
      placed(mergedPositions(outer, unflatten(products.axes, step)))(operand);
    return alongInner(writer, inner, along, prefix, block);
  };
  const queries = rows.own.map((row) => load(rows.axes, row.expr, products.row, "q"));
  const loaded = others.map((other) => load(products.others, other.expr, products.other, "k"));
  const isSingle = others.length === 1;
  const factors = [...inner.steps.keys()].map((step) => {
    const texts = loaded.map((key) => key(step));
    return isSingle
      ? (texts[0] ?? "")
      : writer.printer.name(`vec4f(${texts.join(", ")})`, block, "k");
  });
  for (let row = 0; row < rows.count; row++) {
    const sum = `${products.name}${row}${isSingle ? ".x" : ""}`;
    for (const [step, factor] of factors.entries()) {
      const query = queries[Math.floor(row / lanes)]?.(step) ?? "";
      const broadcast = `subgroupBroadcast(${query}, ${row % lanes}u)`;
      const own = isSingle ? broadcast : `vec4f(${broadcast})`;
      block.add(`${sum} = fma(${own}, ${factor}, ${sum});`);
    }
  }
}
