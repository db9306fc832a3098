import { test } from "vitest";
import { schedules } from "../compiler/5-schedule/choose-schedule.ts";
import { expectLikeInterpreter, regardlessOfSize, scheduledBy } from "./support/compare-kernel.ts";
import { contraction } from "./support/sample-kernels.ts";
import { atEverySubgroupWidth } from "./support/subgroup-widths.ts";

/** Schedules of contractions whose lanes work together. */
const cooperative = schedules.contract
  .map(({ name }) => name)
  .filter((name) => name !== "contract-direct");

atEverySubgroupWidth(import.meta.url, (gpu) => {
  for (const schedule of cooperative) {
    test(schedule, async () => {
      const profile = regardlessOfSize(gpu().profile);
      for (const [m, k, n] of [
        [3, 37, 70],
        [19, 40, 68],
      ] as const) {
        const sample = contraction(m, k, n, { epilogue: true });
        await expectLikeInterpreter(gpu(), sample, scheduledBy(schedule, sample, profile));
      }
    });
  }
});
