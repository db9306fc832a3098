import { InternalError, invariant } from "../../../diagnostics/internal-error.ts";
import type { LoopAxis } from "../loops.ts";
import type { EngineRecord } from "./engine-record.ts";

/**
 * Stores 0 is the base over `grid`. Stores 1 is evaluated over `grid` and, in order, over `updates`: a
 * point of the grid whose position equals `at` there takes `value` instead; later updates win. So
 * positions outside the tensor are dropped and nothing is written twice.
 */
export interface ScatterEngine {
  readonly kind: "scatter";
  readonly grid: readonly LoopAxis[];
  readonly updates: readonly LoopAxis[];
}

export const scatter: EngineRecord<ScatterEngine> = {
  kind: "scatter",
  reads: {
    one: "looks for its elements by their positions",
    several: "look for its elements by their positions",
  },
  loadsOnce: false,
  loops: ({ grid, updates }) => [
    { name: "grid", axes: grid, role: "stored" },
    { name: "updates", axes: updates, role: "inner" },
  ],
  operands: () => [],
  settings: () => ({}),
  results: () => 0,
  layout: () => [],
  updateLoops: ({ updates }, store) => (store === 0 ? undefined : updates),
  rewrite: (engine, _, loops) => ({
    ...engine,
    grid: loops(engine.grid),
    updates: loops(engine.updates),
  }),
  flops: () => 0,
  interpret({ grid, updates }, { evaluator, name, stores }) {
    const [base, update] = stores;
    invariant(base !== undefined && update !== undefined, `${name} needs a base and updates`);
    if (base.tensor !== update.tensor) throw new InternalError(`${name} writes two tensors`);
    const writeBase = evaluator.store(base);
    const place = base.at.map((position) => evaluator.compile(position));
    const wanted = update.at.map((position) => evaluator.compile(position));
    const value = evaluator.compile(update.value);
    const target = evaluator.offset(base.tensor, base.at);
    const data = evaluator.data(base.tensor);
    evaluator.loop(grid, () => {
      writeBase();
      const here = place.map((position) => position());
      evaluator.loop(updates, () => {
        if (wanted.every((position, n) => position() === here[n])) data[target()] = value();
      });
    });
  },
};
