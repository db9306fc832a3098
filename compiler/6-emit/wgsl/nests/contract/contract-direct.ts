import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { measuresOnce, rightsOf } from "../../../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { combined, neutral } from "../reduction.ts";

/** One invocation per row and column, or four neighbouring columns; the sum runs in its order. */
export function writeContractDirect(
  writer: KernelWriter,
  engine: Engine<"contract">,
  nest: LoopNest<"contract-direct">,
): void {
  const { root, printer, planner } = writer;
  const columns = extentOfAll(engine.columns);
  const lines = extentOfAll(engine.batch) * extentOfAll(engine.rows);
  const perLine = columns / nest.vector;
  root.add(`let item = ${writer.invocationNumber(nest.groupsPerLine)};`);
  writer.guard("item", lines * perLine);
  const line = writer.define("line", quotient("item", perLine), lines, root);
  root.add(`let column = ${remainder("item", perLine)};`);
  const column =
    nest.vector === 4
      ? writer.fours("column", columns, root)
      : writer.variable("column", columns, root);
  const outer = mergedPositions(
    unflatten([...engine.batch, ...engine.rows], line.expr),
    unflatten(engine.columns, column.expr),
  );
  const rights = rightsOf(engine);
  for (const n of rights.keys())
    root.add(`var sum${n} = ${nest.vector === 4 ? "vec4f()" : "0.0f"};`);
  const { statistics = [] } = engine;
  statistics.forEach(({ combine, type }, n) => {
    root.add(`var statistic${n} = ${neutral(combine, type, 1)};`);
  });
  innerLoops(writer, engine, root, outer, (place, block) => {
    const left = place(engine.left);
    const print = (expr: Expr): string =>
      nest.vector === 4 ? printer.vector(expr, column.axis, block) : printer.scalar(expr, block);
    rights.forEach((right, n) => {
      block.add(`sum${n} = fma(${print(left)}, ${print(place(right))}, sum${n});`);
    });
    const measure = (inside: Block): void =>
      statistics.forEach(({ combine, value }, n) => {
        const text = printer.scalar(place(value), inside);
        inside.add(`statistic${n} = ${combined(combine, `statistic${n}`, text)};`);
      });
    if (measuresOnce(engine, writer.scheduled.kernel.stores))
      block.nest("if (column == 0)", measure, { isConditional: true });
    else measure(block);
  });
  for (const n of rights.keys()) {
    planner.variables.bindReduced(n, `sum${n}`, root, nest.vector);
  }
  statistics.forEach((_, n) => {
    planner.variables.bindReduced(rights.length + n, `statistic${n}`, root, 1);
  });
  const place = placed(outer);
  const axis = nest.vector === 4 ? column.axis : undefined;
  const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, place));
  writer.storeRow(stores, "column", root);
  for (const store of stores) if (store.perRow !== true) printer.store(store, axis, root);
}

/** One loop per inner axis, so that no position needs a division. */
function innerLoops(
  writer: KernelWriter,
  engine: Engine<"contract">,
  root: Block,
  outer: ReadonlyMap<number, Expr>,
  body: (place: (expr: Expr) => Expr, block: Block) => void,
): void {
  const positions = new Map(outer);
  const nestFrom = (place: number, block: Block): void => {
    const axis = engine.inner[place];
    if (axis === undefined) {
      body(placed(positions), block);
      return;
    }
    writer.loop(block, `k${place}`, axis.extent, 1, (variable, inner) => {
      positions.set(axis.id, variable.expr);
      nestFrom(place + 1, inner);
    });
  };
  nestFrom(0, root);
}

function quotient(value: string, by: number): string {
  return by === 1 ? value : `i32(u32(${value}) / ${by}u)`;
}
function remainder(value: string, by: number): string {
  return by === 1 ? "0" : `i32(u32(${value}) % ${by}u)`;
}
