import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import { initialElements } from "../../runtime/stored/initial-elements.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { StepRun } from "../support/graphs/run-steps.ts";
import { artifactOfSteps } from "../support/graphs/sketch-artifact.ts";
import { trainingSizes, trainingSteps } from "../support/graphs/sketch-training.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const { batch, inputs, outputs } = trainingSizes;
const folder = mkdtempSync(join(tmpdir(), "weft-updated-"));
afterAll(() => rmSync(folder, { recursive: true }));

function numbers(shape: readonly number[], seed: number): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: count }, (_, n) => Math.sin(7 * n + seed));
  return { element: "f32", shape, data };
}

const call = (turn: number) => ({
  x: numbers([batch, inputs], turn),
  wanted: numbers([batch, outputs], turn + 50),
});

describe.each(testDrivers)("weights that a step updates on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test.each([
    ["whole", {}],
    ["in parts", { maxStorageBufferBindingSize: 2048 }],
    ["poisoned", { poison: true }],
  ])("%s: three calls and what they leave, saved and read again", async (name, options) => {
    if (device === undefined) return console.log(`skipped: there is no ${driver}`);
    const { sketch, steps } = trainingSteps();
    const profile = { ...deviceProfile(device), ...options };
    const artifact = artifactOfSteps(steps, { precision: "f32", profile });
    const run = new StepRun({ steps, sizes: sketch.sizes }, (path) => {
      const spec = artifact.stored.find((one) => one.path === path);
      if (spec === undefined) throw new Error(`no parameter ${path}`);
      const elements = initialElements(spec, 0);
      const bytes = new Uint8Array(4 * elements.count);
      elements.read(bytes, 0);
      return Float64Array.from(new Float32Array(bytes.buffer));
    });
    const poison = "poison" in options;
    const session = await Session.create(artifact, device, "random:0", { poison });
    const file = join(folder, `${driver}-${name}.safetensors`);
    const x = numbers([batch, inputs], 9);
    try {
      const losses: number[] = [];
      for (let turn = 0; turn < 3; turn++) {
        const { loss } = await session.step("apply", call(0));
        const exact = run.call("apply", {
          x: [...call(0).x.data],
          wanted: [...call(0).wanted.data],
        });
        expect(relativeError(loss?.data ?? [], exact.loss ?? [])).toBeLessThan(1e-5);
        losses.push(loss?.data[0] ?? Number.NaN);
      }
      expect(losses[2]).toBeLessThan(losses[0] ?? 0);
      const { y } = await session.step("evaluate", { x });
      const exact = run.call("evaluate", { x: [...x.data] }).y ?? [];
      expect(relativeError(y?.data ?? [], exact)).toBeLessThan(1e-5);
      await session.save(file);
      for (const { path } of artifact.stored) {
        const saved = readTensor(file, path);
        expect(relativeError(saved.data, run.state(path)), path).toBeLessThan(1e-5);
      }
      // A generation begins: nothing that is saved is touched.
      await session.resetStates();
      const again = await session.step("evaluate", { x });
      expect(again.y?.data).toEqual(y?.data);
      const next = await session.step("apply", call(1));
      const resumed = await Session.create(artifact, device, file);
      try {
        expect(resumed.weights.initialised).toEqual([]);
        expect((await resumed.step("evaluate", { x })).y?.data).toEqual(y?.data);
        expect(await resumed.step("apply", call(1))).toEqual(next);
      } finally {
        resumed.dispose();
      }
    } finally {
      session.dispose();
    }
  });
});
