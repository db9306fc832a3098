import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../ir/loop-nests.ts";
import { type KernelWriter, placed, placedStore } from "../writer/kernel-writer.ts";

/** One invocation per element of the flattened grid, or per four neighbours. */
export function writeMap(writer: KernelWriter, engine: Engine<"map">, nest: LoopNest<"map">): void {
  const { root, printer } = writer;
  const total = extentOfAll(engine.grid);
  root.add(`let i = ${writer.invocationNumber(nest.groupsPerLine)};`);
  writer.guard("i", total / nest.vector);
  const position =
    nest.vector === 4 ? writer.fours("i", total, root) : writer.variable("i", total, root);
  const place = placed(unflatten(engine.grid, position.expr));
  const axis = nest.vector === 4 ? position.axis : undefined;
  for (const store of writer.scheduled.kernel.stores) {
    printer.store(placedStore(store, place), axis, root);
  }
}
