import type { LoopAxis } from "../loops.ts";
import type { EngineRecord } from "./engine-record.ts";

/** Every element on its own: stores over `grid`. */
export interface MapEngine {
  readonly kind: "map";
  readonly grid: readonly LoopAxis[];
}

export const map: EngineRecord<MapEngine> = {
  kind: "map",
  reads: undefined,
  loadsOnce: true,
  loops: ({ grid }) => [{ name: "grid", axes: grid, role: "parallel" }],
  operands: () => [],
  settings: () => ({}),
  results: () => 0,
  layout: () => [],
  updateLoops: () => undefined,
  rewrite: (engine, _, loops) => ({ ...engine, grid: loops(engine.grid) }),
  flops: () => 0,
  interpret({ grid }, { evaluator, storeElement }) {
    evaluator.loop(grid, storeElement);
  },
};
