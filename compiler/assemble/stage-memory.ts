import type { Program } from "../artifact.ts";
import type { StageMemory } from "../stage-artifact.ts";

/** What keeping a budget takes, as the artifact tells it. */
export function stageMemory({ dispatches, kernels }: Program, budget: number): StageMemory {
  const again = dispatches.filter(({ isAgain }) => isAgain === true);
  return {
    budget,
    recomputed: again.map(({ kernel, part, bytesWritten, flops }) => {
      const bindings = kernels[kernel]?.bindings ?? [];
      const values = bindings.filter(({ access }) => access === "read_write").length;
      return { part, values, bytes: bytesWritten, flops, reason: "budget" };
    }),
  };
}
