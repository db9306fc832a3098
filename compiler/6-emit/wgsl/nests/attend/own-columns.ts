import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopAxis } from "../../../../ir/kernel/loops.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { atColumns } from "../../writer/operand.ts";
import { range } from "../../writer/range.ts";

/** The columns of a result of `rows` rows, of which each lane owns `parts` times four. */
export interface OwnColumns {
  readonly axes: readonly LoopAxis[];
  readonly lanes: number;
  readonly rows: number;
  readonly parts: number;
  /** Name of a row's sums of one part. */
  readonly sum: (row: number, part: number) => string;
}

export function ownColumns(
  axes: readonly LoopAxis[],
  { lanes, rows }: { readonly lanes: number; readonly rows: number },
  sumOf: (row: number) => string,
): OwnColumns {
  const parts = Math.ceil(extentOfAll(axes) / 4 / lanes);
  return { axes, lanes, rows, parts, sum: (row, part) => `${sumOf(row)}_${part}` };
}

export function declareSums({ rows, parts, sum }: OwnColumns, row: number, block: Block): void {
  if (row >= rows) return;
  for (let part = 0; part < parts; part++) block.add(`var ${sum(row, part)} = vec4f();`);
}

/** Four columns of a lane, and when they are past the last one. */
interface OwnColumn extends FourPositions {
  readonly isBeyond: string | undefined;
}

/**
 * A loop over the columns of four that a lane owns. Its body works on the sums of part 0; the others come up
 * one after the other. Spelt out for every part it would take a CPU driver several times as long to compile.
 * Values are known by the names of their variables, so each loop has its own `name`.
 */
export function overParts(
  writer: KernelWriter,
  { axes, lanes, rows, parts, sum }: OwnColumns,
  name: string,
  block: Block,
  body: (column: OwnColumn, block: Block) => void,
): void {
  const count = extentOfAll(axes);
  const groups = Math.ceil(count / 4);
  const isLoop = parts > 1;
  const fill = (inside: Block): void => {
    const own = isLoop ? `lane + part * ${lanes}` : "lane";
    const isBeyond = parts * lanes > groups ? `${own} >= ${groups}` : undefined;
    inside.add(`let ${name} = ${isBeyond === undefined ? own : `min(${own}, ${groups - 1})`};`);
    body({ ...writer.fours(name, count, inside), isBeyond }, inside);
    for (let row = 0; isLoop && row < rows; row++) {
      inside.add(`let done${row} = ${sum(row, 0)};`);
      for (let part = 1; part < parts; part++) {
        inside.add(`${sum(row, part - 1)} = ${sum(row, part)};`);
      }
      inside.add(`${sum(row, parts - 1)} = done${row};`);
    }
  };
  if (isLoop) block.nest(`for (var part = 0; part < ${writer.bound(parts)}; part++)`, fill);
  else fill(block);
}

/** What a weighted sum takes: an operand of the keys, or whatever else the lanes have weights of. */
interface Weighted {
  readonly batch: ReadonlyMap<number, Expr>;
  readonly others: readonly LoopAxis[];
  readonly operand: Expr;
  /** Text of the first of the tile. */
  readonly first: string;
  /** The variable of a row with the weights of four of them; stays as it is. */
  readonly weight: (row: number) => string;
  /** Names for the loops' variables. */
  readonly names: { readonly column: string; readonly first: string; readonly value: string };
  /** What is done to the sums before. */
  readonly before?: (row: number) => string;
}

/**
 * Adds weight times operand: each turn takes one from every lane, then the next of the four comes up. Turns of the last
 * tile that lie beyond the last of the others are left out.
 */
export function addWeighted(
  writer: KernelWriter,
  columns: OwnColumns,
  { batch, others, operand, first, weight, names, before }: Weighted,
  block: Block,
): void {
  const { axes, lanes, rows, sum } = columns;
  const [otherCount, count] = [extentOfAll(others), extentOfAll(axes)];
  const left = otherCount % (4 * lanes);
  const isRagged = left !== 0;
  const isShort = isRagged && left <= 3 * lanes;
  const advance = (inside: Block): void => {
    for (let row = 0; row < rows; row++) inside.add(`${weight(row)} = ${weight(row)}.yzwx;`);
  };
  overParts(writer, columns, names.column, block, (column, inPart) => {
    for (let row = 0; before !== undefined && row < rows; row++) inPart.add(before(row));
    const turns = isShort ? `${names.column}Turns` : writer.bound(4);
    if (isShort) {
      const past = otherCount + lanes - 1;
      inPart.add(`let ${turns} = min(${writer.bound(4)}, (${past} - ${first}) / ${lanes});`);
    }
    inPart.nest(`for (var turn = 0; turn < ${turns}; turn++)`, (inside) => {
      inside.add(`let ${names.first} = ${first} + turn * ${lanes};`);
      const values = range(lanes).map((lane) => {
        const text = lane === 0 ? names.first : `${names.first} + ${lane}`;
        const limited = isRagged ? `min(${text}, ${otherCount - 1})` : text;
        const key = writer.define(`${names.value}${lane}`, limited, otherCount, inside);
        const outer = mergedPositions(batch, unflatten(others, key.expr));
        const at = (columnAt: Expr): Expr =>
          placed(mergedPositions(outer, unflatten(axes, columnAt)))(operand);
        const singles = (): Expr[] => columnsOf(writer, column, count, inPart);
        const four = atColumns(writer, { steps: [intConstant(0)] }, column, singles, at, inside)(0);
        return writer.printer.name(four, inside, "v");
      });
      for (let row = 0; row < rows; row++) {
        for (const [lane, value] of values.entries()) {
          const own = `vec4f(subgroupBroadcast(${weight(row)}.x, ${lane}u))`;
          inside.add(`${sum(row, 0)} = fma(${own}, ${value}, ${sum(row, 0)});`);
        }
      }
      advance(inside);
    });
    if (isShort) inPart.nest(`for (var turn = ${turns}; turn < 4; turn++)`, advance);
  });
}

/** Four columns one by one; beyond the end the last one. */
function columnsOf(
  writer: KernelWriter,
  column: FourPositions,
  count: number,
  block: Block,
): Expr[] {
  return range(4).map((place) => {
    const single = `min(4 * ${column.name} + ${place}, ${count - 1})`;
    return writer.once(`${column.name}_${place}`, single, count, block).expr;
  });
}
