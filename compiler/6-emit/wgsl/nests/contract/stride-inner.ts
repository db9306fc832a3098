import type { VariableId } from "../../../../ir/axis-ids.ts";
import { axisIndex, call, intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import type { KernelWriter, LoopVariable } from "../../writer/kernel-writer.ts";
import { combinedLanes, subgroupFunction } from "../reduction.ts";

export type Contract = Engine<"contract">;
export type Nest = LoopNest<"contract-vector">;

/** Vectors behind each other, lane by lane. Where all lanes have as many of them, the loop is the same for all. */
export function strideOverInner(
  writer: KernelWriter,
  { lanes, vector, vectorsPerLane }: Nest,
  inner: number,
  name: string,
  write: (first: LoopVariable, block: Block) => void,
  block: Block,
): void {
  const lane = writer.builtin("subgroup_invocation_id");
  const count = inner / vectorsPerLane;
  const rounds = count / vector / lanes;
  if (vector === 4 && Number.isInteger(rounds) && rounds > 1) {
    // Variables of one name in two blocks would be taken for one.
    const at = `${name}Step`;
    block.nest(`for (var ${at} = 0; ${at} < ${writer.bound(rounds)}; ${at}++)`, (inside) => {
      const step = writer.variable(at, rounds, inside);
      const own = writer.define(`${name}Lane`, `i32(${lane})`, lanes, inside);
      const first = call("mul", [step.expr, intConstant(lanes)], "i32");
      write(writer.foursOf(name, call("add", [first, own.expr], "i32")), inside);
    });
    return;
  }
  writer.loop(block, name, count, vector, write, { first: `i32(${lane})`, step: lanes });
}

/** The vectors of a lane in one round: `first` stands for four neighbours in one of 1 / `vectorsPerLane` of the loop. */
function vectorsOfLane({ expr, axis }: LoopVariable, { vectorsPerLane }: Nest): readonly Expr[] {
  if (vectorsPerLane === 1) return [expr];
  const lane = axisIndex(axis, 4);
  const start = call("sub", [expr, lane], "i32");
  return Array.from({ length: vectorsPerLane }, (_, n) => {
    const from = call("mul", [start, intConstant(vectorsPerLane)], "i32");
    return call("add", [from, call("add", [lane, intConstant(4 * n)], "i32")], "i32");
  });
}

/** The name of a value, of a vector of four along `axis` where the loop takes four at once. */
export function printed(
  { printer }: KernelWriter,
  expr: Expr,
  prefix: string,
  { axis, nest }: { readonly axis: VariableId; readonly nest: Nest },
  block: Block,
): string {
  const text = nest.vector === 4 ? printer.vector(expr, axis, block) : printer.scalar(expr, block);
  return printer.name(text, block, prefix);
}

/** The positions of the vectors of a lane in one round of the loop. */
export function alongInner(
  { inner }: Contract,
  first: LoopVariable,
  nest: Nest,
): readonly ReadonlyMap<number, Expr>[] {
  return vectorsOfLane(first, nest).map((step) => unflatten(inner, step));
}

/** Of all lanes. */
export function together(combine: "sum" | "max" | "min", name: string, { vector }: Nest): string {
  return `${subgroupFunction[combine]}(${vector === 4 ? combinedLanes(combine, name) : name})`;
}

/** Gives lane n what belongs to row n, so that the stores are printed once for all rows. */
export function ofOwnRow(
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
