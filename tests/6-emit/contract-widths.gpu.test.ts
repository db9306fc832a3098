import { expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { expectLikeInterpreter, regardlessOfSize } from "../support/kernels/compare-kernel.ts";
import { contraction } from "../support/kernels/sample-kernels.ts";
import { atEverySubgroupWidth } from "../support/kernels/subgroup-widths.ts";

atEverySubgroupWidth(import.meta.url, (gpu) => {
  for (const { name, apply } of schedulesOf("contract")) {
    test(name, async (context) => {
      const profile = regardlessOfSize(gpu().profile);
      let compared = 0;
      for (const [m, k, n] of [
        [1, 132, 67],
        [3, 37, 70],
        [19, 40, 68],
      ] as const) {
        const sample = contraction(m, k, n, { epilogue: true });
        const applied = apply(sample.kernel, sample.tensors, profile, () => undefined);
        if ("because" in applied) continue;
        await expectLikeInterpreter(gpu(), sample, { ...applied, schedule: name, refusals: [] });
        compared++;
      }
      if (name === "contract-subgroup-matrix")
        return context.skip("no software device has matrices");
      expect(compared).toBeGreaterThan(0);
    });
  }
});
