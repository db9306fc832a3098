import { InternalError, invariant } from "../../../diagnostics/internal-error.ts";
import { nodesOf } from "../../expr/expr-cost.ts";
import type { Expr } from "../../expr/expr-form.ts";
import { isSameExpr } from "../../expr/expr-key.ts";
import type { Combine, LoopAxis, Store } from "../loops.ts";
import { joinOf } from "./combining.ts";
import { type EngineRecord, pointsOf } from "./engine-record.ts";

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
  /**
   * Set where updates, then along one loop, are sorted by their places: a point of the grid looks at those
   * from number `from` to before number `to` only. No update is looked at by two points that differ in what
   * the numbers depend on.
   */
  readonly range?: { readonly from: Expr; readonly to: Expr };
}

export const scatter: EngineRecord<ScatterEngine> = {
  kind: "scatter",
  reads: {
    one: "looks for its elements by their positions",
    several: "look for its elements by their positions",
  },
  loadsOnce: false,
  loops: ({ grid, updates }) => [
    { name: "grid", axes: grid, role: "parallel" },
    { name: "updates", axes: updates, role: "inner" },
  ],
  operands: ({ grid, range }) =>
    range === undefined
      ? []
      : [
          { name: "first update", expr: range.from, over: [grid] },
          { name: "end of updates", expr: range.to, over: [grid] },
        ],
  settings: ({ combine }) => (combine === undefined ? {} : { combine }),
  results: () => 0,
  layout: () => [],
  updateLoops: ({ updates }, store) => (store === 0 ? undefined : updates),
  rewrite: ({ range, ...engine }, expr, loops) => ({
    ...engine,
    grid: loops(engine.grid),
    updates: loops(engine.updates),
    ...(range && { range: { from: expr(range.from), to: expr(range.to) } }),
  }),
  flops: (engine, stores) => (engine.combine === undefined ? 0 : updatePoints(engine, stores)),
  updatePoints,
  interpret({ grid, updates, combine, range }, { evaluator, name, stores }) {
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
    const ends = range && [evaluator.compile(range.from), evaluator.compile(range.to)];
    const [sorted] = updates;
    evaluator.loop(grid, () => {
      readBase();
      writeBase();
      const here = place.map((position) => position());
      const apply = (): void => {
        if (wanted.some((position, n) => position() !== here[n])) return;
        data[target()] = join === undefined ? value() : join(data[target()] ?? 0, value());
      };
      if (ends === undefined || sorted === undefined) evaluator.loop(updates, apply);
      else {
        const [first = 0, end = 0] = ends.map((number) => number());
        evaluator.loopBetween(sorted, first, end, apply);
      }
    });
  },
};

/** How often an update is done at most: each at the points of the grid that it does not choose among. */
function updatePoints(
  { grid, updates, range }: ScatterEngine,
  [base, update]: readonly Store[],
): number {
  const chosen = range
    ? [range.from, range.to]
    : (base?.at.filter((position, n) => !isSameExpr(position, update?.at[n] ?? position)) ?? []);
  const axes = new Set(
    nodesOf(chosen).flatMap((node) => (node.kind === "axis" ? [node.axis] : [])),
  );
  return pointsOf(
    grid.filter(({ id }) => !axes.has(id)),
    updates,
  );
}
