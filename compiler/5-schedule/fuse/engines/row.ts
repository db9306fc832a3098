import type { FusedEngine } from "./fused-engine.ts";

export const fusedRow: FusedEngine<"row"> = {
  joins: "elements",
  reusesInputs: false,
  open: ({ group, reductions, loopsOf }) => ({
    kind: "row",
    grid: loopsOf(group.loops.grid),
    lanes: loopsOf(group.loops.lanes),
    reductions,
  }),
};
