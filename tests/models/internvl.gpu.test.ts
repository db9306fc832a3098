import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError, runMode } from "../support/graphs/run-mode.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const oracle = resolve("../shared/oracle/internvl-tiny");
const entry = "models/internvl/internvl.weft";

/** Modes without state, and what the official code gives for them. */
const cases = [
  { mode: "features", output: "vit.last_hidden_state", takes: ["pixels"] },
  { mode: "encode_image_c", output: "image.C", takes: ["pixels"] },
  { mode: "encode_image_g", output: "image.G", takes: ["pixels"] },
  { mode: "encode_text", output: "text", takes: ["ids"] },
  { mode: "similarity_c", output: "logits_per_image.C", takes: ["pixels", "ids"] },
  { mode: "similarity_g", output: "logits_per_image.G", takes: ["pixels", "ids"] },
  { mode: "query_features", output: "query_features", takes: ["pixels"] },
] as const;

describe.each(testDrivers)("InternVL against the official code, on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test.for(cases)("$mode", async ({ mode, output, takes }, context) => {
    if (!existsSync(oracle)) console.log("skipped: ../shared/oracle is not here");
    if (!existsSync(oracle) || device === undefined) return context.skip();
    const read = (key: string): Tensor => readTensor(join(oracle, "inputs.safetensors"), key);
    const given = { pixels: read("pixel_values"), ids: read("input_ids") };
    const inputs = Object.fromEntries(takes.map((name) => [name, given[name]]));
    const images = given.pixels.shape[0] ?? 1;
    const [texts, length] = given.ids.shape;
    const textSizes = {
      [mode.startsWith("similarity") ? "T" : "B"]: texts ?? 1,
      Text: length ?? 1,
    };
    const hasText = inputs.ids !== undefined;
    const sizes = {
      ...(inputs.pixels === undefined ? {} : { B: images }),
      ...(hasText ? textSizes : {}),
    };
    const found = await runMode(device, oracle, inputs, { entry, model: "InternVL", mode, sizes });
    const right = readTensor(join(oracle, "outputs.safetensors"), output);
    expect(relativeError(found.data, right.data)).toBeLessThan(5e-6);
  });
});
