import { invariant } from "../../../diagnostics/internal-error.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../ir/loop-nests.ts";
import { type KernelWriter, mergedPositions, placed } from "../writer/kernel-writer.ts";
import { typeName } from "../writer/value-types.ts";

/**
 * One invocation per element of the target: its base value, then every update in order that names its
 * place. No two invocations write the same element, so there is nothing to race for.
 */
export function writeScatter(
  writer: KernelWriter,
  engine: Engine<"scatter">,
  nest: LoopNest<"scatter">,
): void {
  const { root, printer } = writer;
  const { kernel } = writer.scheduled;
  const [base, update] = kernel.stores;
  invariant(base !== undefined && update !== undefined, `${kernel.name} needs a base and updates`);
  const total = extentOfAll(engine.grid);
  const position = writer.define("i", writer.invocationNumber(nest.groupsPerLine), total, root);
  writer.guard("i", total);
  const grid = unflatten(engine.grid, position.expr);
  const place = placed(grid);
  const { type } = base.value;
  root.add(`var element: ${typeName(type, 1)} = ${printer.scalar(place(base.value), root)};`);
  const updates = extentOfAll(engine.updates);
  writer.loop(root, "n", updates, 1, (variable, block) => {
    const placeUpdate = placed(mergedPositions(grid, unflatten(engine.updates, variable.expr)));
    const tests = update.at.map((at, dimension) => {
      const here = base.at[dimension];
      invariant(here !== undefined, `${kernel.name} has updates of another rank`);
      return `${printer.scalar(placeUpdate(at), block)} == ${printer.scalar(place(here), block)}`;
    });
    block.nest(
      `if (${tests.join(" && ") || "true"})`,
      (body) => body.add(`element = ${printer.scalar(placeUpdate(update.value), body)};`),
      { isConditional: true },
    );
  });
  printer.storeText({ ...base, at: base.at.map(place) }, "element", root);
}
