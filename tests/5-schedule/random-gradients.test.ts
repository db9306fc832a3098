import { expect, test } from "vitest";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { randomGraph } from "../support/graphs/random-graph.ts";
import { withRandomGradients } from "../support/graphs/with-gradients.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import { graphics, software } from "../support/profiles.ts";

const asksForAll = process.env.WEFT_ALL_GRADIENTS === "1";
const count = asksForAll ? 250 : 15;

/** Eight tensors a kernel as every device allows, sixteen as a software adapter. */
const devices: readonly DeviceProfile[] = [
  { ...graphics, maxStorageBuffersPerShaderStage: 8 },
  { ...software, maxStorageBuffersPerShaderStage: 16 },
];

test(
  asksForAll
    ? "random graphs with their gradients mean the same as kernels"
    : "some random graphs with their gradients mean the same as kernels: WEFT_ALL_GRADIENTS=1 asks for all",
  () => {
    let compared = 0;
    for (let seed = 0; seed < count; seed++) {
      const drawn = randomGraph(seed);
      const graph = withRandomGradients(drawn, seed);
      if (graph === undefined) continue;
      const { sketch } = drawn;
      const feeds = randomFeeds(graph, sketch.extent, seed);
      const optimized = optimize(graph, sketch);
      for (const device of devices) {
        try {
          compareKernels(graph, optimized, sketch.extent, feeds, { device });
        } catch (error) {
          throw new Error(`random graph ${seed}, ${device.isSoftware ? "software" : "graphics"}`, {
            cause: error,
          });
        }
      }
      compared += 1;
    }
    expect(compared).toBeGreaterThan(0.8 * count);
  },
  asksForAll ? 600_000 : undefined,
);
