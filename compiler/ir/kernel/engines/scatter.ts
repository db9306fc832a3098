import { InternalError, invariant } from "../../../diagnostics/internal-error.ts";
import type { Combine, LoopAxis } from "../loops.ts";
import { joinOf } from "./combining.ts";
import type { EngineRecord } from "./engine-record.ts";

/**
 * Stores 0 is the base over `grid`. Stores 1 is evaluated over `grid` and, in order, over `updates`: a
 * point of the grid whose position equals `at` there takes `value` instead, so that later updates win, or
 * combines it with what it has, one update after the other. So positions outside the tensor are dropped,
 * nothing is written twice, and no two invocations add to one element.
 */
export interface ScatterEngine {
  readonly kind: "scatter";
  readonly grid: readonly LoopAxis[];
  readonly updates: readonly LoopAxis[];
  /** How an update and what is there become one; where not given, the update replaces it. */
  readonly combine?: Combine;
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
  settings: ({ combine }) => (combine === undefined ? {} : { combine }),
  results: () => 0,
  layout: () => [],
  updateLoops: ({ updates }, store) => (store === 0 ? undefined : updates),
  rewrite: (engine, _, loops) => ({
    ...engine,
    grid: loops(engine.grid),
    updates: loops(engine.updates),
  }),
  flops: () => 0,
  interpret({ grid, updates, combine }, { evaluator, name, stores }) {
    const [base, update] = stores;
    invariant(base !== undefined && update !== undefined, `${name} needs a base and updates`);
    if (base.tensor !== update.tensor) throw new InternalError(`${name} writes two tensors`);
    const join = combine && joinOf(combine, update.value.type);
    const { read: readBase, write: writeBase } = evaluator.store(base);
    const place = base.at.map((position) => evaluator.compile(position));
    const wanted = update.at.map((position) => evaluator.compile(position));
    const value = evaluator.compile(update.value);
    const target = evaluator.offset(base.tensor, base.at);
    const data = evaluator.data(base.tensor);
    evaluator.loop(grid, () => {
      readBase();
      writeBase();
      const here = place.map((position) => position());
      evaluator.loop(updates, () => {
        if (wanted.some((position, n) => position() !== here[n])) return;
        data[target()] = join === undefined ? value() : join(data[target()] ?? 0, value());
      });
    });
  },
};
