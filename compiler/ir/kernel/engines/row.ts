import type { LoopAxis, Reduction } from "../loops.ts";
import { type EngineRecord, pointsOf } from "./engine-record.ts";
import { reducer } from "./reducer.ts";

/**
 * Rows: for each point of `grid`, reductions over `lanes` in order (each may use earlier ones), then
 * stores over grid and lanes. Norms, softmax, statistics, argmax.
 */
export interface RowEngine {
  readonly kind: "row";
  readonly grid: readonly LoopAxis[];
  readonly lanes: readonly LoopAxis[];
  readonly reductions: readonly Reduction[];
}

export const row: EngineRecord<RowEngine> = {
  kind: "row",
  reads: { one: "reduces rows of its elements", several: "reduce rows of its elements" },
  // The lanes of a row read it at their own time.
  loadsOnce: false,
  loops: ({ grid, lanes }) => [
    { name: "grid", axes: grid, role: "parallel" },
    { name: "lanes", axes: lanes, role: "stored" },
  ],
  operands: ({ grid, lanes, reductions }) =>
    reductions.map(({ value, combine, type }, number) => ({
      name: `reduction ${number}`,
      expr: value,
      over: [grid, lanes],
      reduction: { number, combine, type },
      results: number,
      isReadBeforeStores: true,
    })),
  settings: () => ({}),
  results: ({ reductions }) => reductions.length,
  layout: ({ grid, lanes }) => [...grid, ...lanes],
  updateLoops: () => undefined,
  rewrite: (engine, expr, loops) => ({
    ...engine,
    grid: loops(engine.grid),
    lanes: loops(engine.lanes),
    reductions: engine.reductions.map((own) => ({ ...own, value: expr(own.value) })),
  }),
  // As in expressions, only floats count.
  flops: ({ grid, lanes, reductions }) =>
    reductions.filter(({ type }) => type === "f32").length * pointsOf(grid, lanes),
  interpret({ grid, lanes, reductions }, { evaluator, stores, storeElement, storeRow }) {
    const reducers = reductions.map((reduction, n) =>
      reducer(evaluator, n, reduction, lanes, evaluator.compile(reduction.value)),
    );
    const hasElements = stores.some(({ perRow }) => perRow !== true);
    evaluator.loop(grid, () => {
      for (const reduce of reducers) reduce();
      storeRow();
      if (hasElements) evaluator.loop(lanes, storeElement);
    });
  },
};
