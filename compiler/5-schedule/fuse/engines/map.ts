import type { FusedEngine } from "./fused-engine.ts";

export const fusedMap: FusedEngine<"map"> = {
  joins: "chains",
  reusesInputs: false,
  open: ({ group, loopsOf }) => ({ kind: "map", grid: loopsOf(group.loops.grid) }),
};
