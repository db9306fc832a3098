import { call, intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import { type KernelWriter, mergedPositions, placed } from "../../writer/kernel-writer.ts";
import { alongInner, type InnerSteps } from "../../writer/operand.ts";
import { range } from "../../writer/range.ts";
import type { TileRows } from "./contract-statistics.ts";

type Contract = Engine<"contract">;
type Nest = LoopNest<"contract-broadcast">;

/** The text that hands an element of the left operand, by row of the tile and step, to every lane. */
type HandedOn = (row: number, step: number) => string;

/** The left operand at a row and a step. */
type At = (row: Expr, step: Expr) => Expr;

/**
 * Loads the left operand of a tile at up to four steps, each lane a share of it. Where the steps of a row lie together,
 * lane l loads those of row l. Where rows do instead, as those of a turned matrix, it loads four rows at one step.
 */
export function leftOperand(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  tile: TileRows,
  steps: InnerSteps,
  block: Block,
): HandedOn {
  const at: At = (row, step) => {
    const positions = mergedPositions(
      tile.batch,
      unflatten(engine.rows, row),
      unflatten(engine.inner, step),
    );
    return placed(positions)(engine.left);
  };
  return (
    acrossRows(writer, engine, nest, tile, steps, at, block) ??
    alongRows(writer, nest, tile, steps, at, block)
  );
}

function alongRows(
  writer: KernelWriter,
  { lanes }: Nest,
  { rows }: TileRows,
  steps: InnerSteps,
  at: At,
  block: Block,
): HandedOn {
  const loaded = rows.map((row) =>
    alongInner(writer, steps, (step) => at(row.expr, step), "a", block),
  );
  return (row, step) => handedOn(loaded[Math.floor(row / lanes)]?.(step), row % lanes);
}

/** Undefined where rows do not lie together, or the tile is no whole number of such loads for each lane. */
function acrossRows(
  writer: KernelWriter,
  engine: Contract,
  { lanes, rows }: Nest,
  { rows: [loadedRow] }: TileRows,
  { group, steps: [first] }: InnerSteps,
  at: At,
  block: Block,
): HandedOn | undefined {
  const fours = rows / 4;
  const stepsAtOnce = lanes / fours;
  if (group === undefined || ![1, 2, 4].includes(stepsAtOnce)) return undefined;
  if (loadedRow === undefined || first === undefined) return undefined;
  const { planner, printer, root } = writer;
  if (planner.liesTogether(at(loadedRow.expr, group.expr), group.axis)) return undefined;
  // Any number of a group answers it; a variable is declared only where it is used.
  const someFour = writer.foursOf(loadedRow.name, loadedRow.expr);
  if (!planner.liesTogether(at(someFour.expr, first), someFour.axis)) return undefined;
  const count = extentOfAll(engine.rows);
  const lane = `i32(${writer.builtin("subgroup_invocation_id")})`;
  const own = `i32(${writer.builtin("workgroup_id")}.x) * ${fours} + ${lane} % ${fours}`;
  const limited = count % rows === 0 ? own : `min(${own}, ${Math.ceil(count / 4) - 1})`;
  const { name, expr } = writer.once("rowFour", limited, Math.ceil(count / 4), root);
  const four = writer.foursOf(name, expr);
  const turn = writer.once("rowStep", `${lane} / ${fours}`, stepsAtOnce, root).expr;
  const loaded = range(4 / stepsAtOnce).map((load) => {
    const place = call("add", [turn, intConstant(load * stepsAtOnce)], "i32");
    const step = call("add", [first, place], "i32");
    return printer.name(printer.vector(at(four.expr, step), four.axis, block), block, "a");
  });
  return (row, step) => {
    const from = `${loaded[Math.floor(step / stepsAtOnce)]}.${"xyzw"[row % 4]}`;
    return handedOn(from, (step % stepsAtOnce) * fours + Math.floor(row / 4));
  };
}

function handedOn(text: string | undefined, lane: number): string {
  return `subgroupBroadcast(${text}, ${lane}u)`;
}
