import { expect, test } from "vitest";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import {
  expectLikeInterpreter,
  regardlessOfSize,
  seededRandom,
} from "../support/kernels/compare-kernel.ts";
import { attentionOf, attentionTensors, masks } from "../support/kernels/sample-attentions.ts";
import { layerNorm, randomElements, type SampleKernel } from "../support/kernels/sample-kernels.ts";
import { atEverySubgroupWidth } from "../support/kernels/subgroup-widths.ts";

/** Shapes around the edges of tiles, which differ with the width. */
const samples: readonly (() => SampleKernel)[] = [
  () => attentionOf({ queries: 1, keys: 129, inner: 12 }, masks.cached),
  () => attentionOf({ queries: 3, keys: 33, inner: 8, columns: 68 }),
  () => attentionOf({ queries: 33, keys: 65, inner: 8, columns: 36 }, masks["three behind"]),
  () => layerNorm(3, 257),
  () => layerNorm(3, 1028),
];

atEverySubgroupWidth(import.meta.url, (gpu) => {
  for (const kind of ["attend", "row"] as const) {
    for (const { name, apply } of schedulesOf(kind)) {
      test(name, async () => {
        const profile = regardlessOfSize(gpu().profile);
        let compared = 0;
        for (const make of samples) {
          const sample = make();
          if (sample.kernel.engine.kind !== kind) continue;
          const applied = apply(sample.kernel, sample.tensors, profile, () => undefined);
          if ("because" in applied) continue;
          const given = randomElements(sample, seededRandom(5));
          if (kind === "attend") given.set(attentionTensors.position, Float64Array.of(20));
          const scheduled = { ...applied, schedule: name, refusals: [] };
          await expectLikeInterpreter(gpu(), sample, scheduled, { given });
          compared++;
        }
        expect(compared).toBeGreaterThan(0);
      });
    }
  }
});
