import { invariant } from "../../../diagnostics/internal-error.ts";
import { isSameExpr } from "../../../ir/expr/expr-key.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../ir/loop-nests.ts";
import type { Block } from "../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../writer/kernel-writer.ts";
import { typeName } from "../writer/value-types.ts";
import { combined, found, gathered, gatheredType } from "./reduction.ts";

/**
 * One invocation per element of the target: its base value, then every update in order that names its
 * place, in its stead or combined with it; of sorted updates only its own are looked at. No two invocations write the same element, so there is nothing to race for.
 */
export function writeScatter(
  writer: KernelWriter,
  engine: Engine<"scatter">,
  nest: LoopNest<"scatter">,
): void {
  const { root, printer, functions } = writer;
  const { combine } = engine;
  const { kernel } = writer.scheduled;
  const [base, update] = kernel.stores;
  invariant(base !== undefined && update !== undefined, `${kernel.name} needs a base and updates`);
  const total = extentOfAll(engine.grid);
  const position = writer.define("i", writer.invocationNumber(nest.groupsPerLine), total, root);
  writer.guard("i", total);
  const grid = unflatten(engine.grid, position.expr);
  const place = placed(grid);
  const { type } = base.value;
  const before = printer.scalar(place(base.value), root);
  const own = combine === undefined ? type : gatheredType(combine, type);
  const start = combine === undefined ? before : gathered(combine, type, before, 1, functions);
  root.add(`var element: ${typeName(own, 1)} = ${start};`);
  const updates = extentOfAll(engine.updates);
  const range = engine.range && {
    first: printer.scalar(place(engine.range.from), root),
    end: `min(${printer.scalar(place(engine.range.to), root)}, ${updates})`,
    step: 1,
  };
  const apply = (variable: LoopVariable, block: Block): void => {
    const placeUpdate = placed(mergedPositions(grid, unflatten(engine.updates, variable.expr)));
    const tests = update.at.flatMap((at, dimension) => {
      const here = base.at[dimension];
      invariant(here !== undefined, `${kernel.name} has updates of another rank`);
      if (isSameExpr(at, here)) return [];
      return `${printer.scalar(placeUpdate(at), block)} == ${printer.scalar(place(here), block)}`;
    });
    const change = (body: Block): void => {
      const value = printer.scalar(placeUpdate(update.value), body);
      const next =
        combine === undefined
          ? value
          : combined(combine, "element", gathered(combine, type, value, 1, functions));
      body.add(`element = ${next};`);
    };
    if (tests.length === 0) change(block);
    else block.nest(`if (${tests.join(" && ")})`, change, { isConditional: true });
  };
  writer.loop(root, "n", updates, 1, apply, range);
  const result = combine === undefined ? "element" : found(combine, type, "element", functions);
  printer.storeText({ ...base, at: base.at.map(place) }, result, root);
}
