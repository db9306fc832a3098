import { describe, expect, test } from "vitest";
import { spellPositions } from "../compiler/4-optimize/spell-positions.ts";
import { ops } from "../compiler/ops/registry.ts";
import { compareKernels } from "./support/compare-kernels.ts";
import { opSamples } from "./support/op-samples.ts";

describe("every operation means the same as a kernel", () => {
  for (const { name, graph, extent, feeds, build } of opSamples()) {
    test(name, () => {
      const spelt = spellPositions.run(graph, { build, ops, extent, precision: "f32" });
      const { program } = compareKernels(graph, spelt, extent, feeds, {});
      expect(program.kernels.length).toBeGreaterThan(0);
    });
  }
});
