import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { runStage } from "../support/graphs/run-stage.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const oracle = resolve("../shared/oracle");
const tiny = join(oracle, "internvl-tiny");

/** Stages of the paper, and what the official code gives for the loss and its gradients. */
const cases = [
  {
    stage: "contrast",
    phase: "full",
    overrides: { "vision_model.drop_path": 0, "vision_model.image": 56 },
    inputs: "internvl-tiny/contrastive_inputs",
    takes: { pixels: "pixel_values", ids: "input_ids" },
    sizes: { B: 2, Text: 9 },
    loss: ["internvl-tiny/outputs", "loss.C"],
    gradients: "internvl-tiny/grads_C",
  },
  {
    stage: "contrast_g",
    phase: undefined,
    overrides: {},
    inputs: "internvl-tiny/contrastive_inputs",
    takes: { pixels: "pixel_values", ids: "input_ids" },
    sizes: { B: 2, Text: 9 },
    loss: ["internvl-tiny/outputs", "loss.G"],
    gradients: "internvl-tiny/grads_G",
  },
] as const;

/** All on one adapter, and on the others what takes the least time. */
describe.each(testDrivers)("gradients against the official code, on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  const here = process.env.WEFT_ALL_GRADIENTS !== undefined || driver === "lavapipe";
  test.for(here ? cases : cases.slice(0, 1))("$stage", async (one, context) => {
    if (!existsSync(oracle)) console.log("skipped: ../shared/oracle is not here");
    if (!existsSync(oracle) || device === undefined) return context.skip();
    const { stage, phase, sizes } = one;
    const file = (path: string): string => join(oracle, `${path}.safetensors`);
    const inputs = Object.fromEntries(
      Object.entries(one.takes).map(([name, key]) => [name, readTensor(file(one.inputs), key)]),
    );
    const overrides = Object.entries(one.overrides).map(([path, value]) => ({ path, value }));
    const entry = "models/internvl/stages.weft";
    const request = { entry, stage, phase, sizes, overrides };
    const { loss, ...gradients } = await runStage(device, tiny, inputs, request);
    const [outputs, key] = one.loss;
    expect(relativeError(loss?.data ?? [], readTensor(file(outputs), key).data)).toBeLessThan(2e-6);
    const wanted = Object.keys(readHeaders(file(one.gradients)).tensors);
    expect(Object.keys(gradients).toSorted()).toEqual(wanted.toSorted());
    for (const path of wanted) {
      const right = readTensor(file(one.gradients), path).data;
      const found = gradients[path]?.data ?? [];
      const norm = Math.hypot(...right);
      const error = relativeError(found, right);
      // Some are 0 but for rounding: those have an absolute bound.
      expect(norm > 1e-6 ? error : error * norm, path).toBeLessThan(norm > 1e-6 ? 1e-5 : 1e-6);
    }
  });
});
