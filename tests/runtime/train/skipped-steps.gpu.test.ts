import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Device } from "../../../runtime/device/device.ts";
import { Session } from "../../../runtime/session.ts";
import { BatchFile } from "../../../runtime/train/batch-file.ts";
import { assertGoing, skipOf } from "../../../runtime/train/skipped-steps.ts";
import { readSafetensors } from "../../../runtime/weights/read-tensor.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { classifier, writeClasses } from "../../support/runs/classifier.ts";
import { metricsIn, trainArtifact, trainingArtifact } from "../../support/runs/train-text.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-skip-"));
afterAll(() => rmSync(folder, { recursive: true }));

function filesOf(run: string, step: number): Readonly<Record<string, Buffer>> {
  const place = join(run, "checkpoints", `step-${step}`);
  const names = readdirSync(place).filter((name) => name.endsWith(".safetensors"));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(place, name))]));
}

describe("a gradient that is not finite, on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  test.for(["batch 32", "batch 32 by 8"])(
    "skips the step on the device, in f16: %s",
    async (batch) => {
      if (device === undefined) return;
      const [plain, spoilt] = ["plain", "spoilt"].map((name) => ({
        run: join(folder, `${name} ${batch}`),
        batches: join(folder, `${name}.safetensors`),
      }));
      if (plain === undefined || spoilt === undefined) throw new Error("two runs");
      writeClasses(plain.batches, 7, 1);
      writeClasses(spoilt.batches, 7, 1, 4);
      const artifact = trainingArtifact(device, classifier.replace("batch 32", batch));
      await trainArtifact(device, artifact, plain);
      const maps: string[] = [];
      const { gpu } = device;
      const create = gpu.createBuffer.bind(gpu);
      const spy = vi.spyOn(gpu, "createBuffer").mockImplementation((descriptor) => {
        const buffer = create(descriptor);
        const map = buffer.mapAsync.bind(buffer);
        buffer.mapAsync = (...all) => {
          maps.push(descriptor.label ?? "");
          return map(...all);
        };
        return buffer;
      });
      // Looked at before each step: what has been read back until then.
      const before: number[] = [];
      const startedAt = performance.now();
      const signal = {
        get aborted() {
          before.push(maps.length);
          return false;
        },
      } as AbortSignal;
      const first = await trainArtifact(device, artifact, { ...spoilt, steps: 6, signal });
      const seconds = (performance.now() - startedAt) / 1000;
      spy.mockRestore();
      expect(before).toHaveLength(6);
      // Nothing, but the log of each second where the machine is slow.
      const between = maps.slice(before[0], before.at(-1));
      expect(between.length).toBeLessThanOrEqual(Math.floor(seconds));
      expect(between.every((label) => label.startsWith("metrics"))).toBe(true);

      // What is kept of it outlives an interruption.
      const others = await trainArtifact(device, artifact, { ...spoilt, resumes: true });
      const events = [...first, ...others];
      const metrics = metricsIn(events);
      expect(metrics.map(({ scalars }) => scalars.skipped)).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
      expect(metrics.map(({ scalars }) => scalars.loss_scale)).toEqual(
        [1, 1, 1, 1, 2, 2, 2, 2].map((by) => 65536 / by),
      );
      expect(events.filter(({ kind }) => kind === "warning")).toEqual([
        {
          kind: "warning",
          message:
            "step 5 is skipped: a gradient is not finite, and the scale of the loss is 32768 now",
        },
      ]);
      const [left, right] = [filesOf(plain.run, 7), filesOf(spoilt.run, 8)];
      for (const name of ["weights.safetensors", "ema.safetensors"])
        expect(right[name], name).toEqual(left[name]);
      const optimizers = [plain.run, spoilt.run].map((run, n) =>
        readSafetensors(join(run, "checkpoints", `step-${7 + n}`, "optimizer.safetensors")),
      );
      const [wanted = {}, found = {}] = optimizers;
      expect(found.step?.data[0]).toBe(7);
      expect(found.loss_scale?.data[0]).toBe(32768);
      expect(found.good_steps?.data[0]).toBe(3);
      for (const name of Object.keys(wanted))
        if (name !== "loss_scale" && name !== "good_steps")
          expect(found[name]?.data, name).toEqual(wanted[name]?.data);
    },
  );

  test("leaves what is kept as it is in f32", async () => {
    if (device === undefined) return;
    const path = join(folder, "wide.safetensors");
    writeClasses(path, 2, 1, 1);
    // Its running statistics are no less than weights.
    const normed = classifier.replaceAll("LayerNorm", "BatchNorm");
    const artifact = trainingArtifact(device, normed, { precision: "f32" });
    const session = await Session.create(artifact, device, "random:1");
    const batches = BatchFile.open(path);
    const keptAfter = async (step: number) => {
      const { inputs } = await batches.read({ step }, artifact.inputs);
      const { skipped } = await session.step("step", inputs, { read: ["skipped"] });
      const saved = join(folder, `after-${step}.safetensors`);
      await session.save(saved);
      return { skipped: skipped?.data[0], saved: readSafetensors(saved) };
    };
    const [good, spoilt] = [await keptAfter(0), await keptAfter(1)];
    batches.close();
    session.dispose();
    expect([good.skipped, spoilt.skipped]).toEqual([0, 1]);
    const { "optimizer.skipped": before, ...kept } = good.saved;
    const { "optimizer.skipped": counted, ...found } = spoilt.saved;
    expect([before?.data[0], counted?.data[0]]).toEqual([0, 1]);
    expect(found).toEqual(kept);
    expect(kept["optimizer.step"]?.data[0]).toBe(1);
    expect(Object.keys(kept)).toContain("norm.running_mean");
    expect(Object.keys(kept)).not.toContain("optimizer.loss_scale");
  });
});

describe("many skipped steps", () => {
  const step = (skipped: number, loss: number, loss_scale?: number) => ({
    step: 40,
    samples: 0,
    loss,
    scalars: { skipped, ...(loss_scale !== undefined && { loss_scale }) },
    samplesPerSecond: 1,
    idle: 0,
    memory: 1,
    time: 1,
  });

  test("end the run", () => {
    expect(() => assertGoing(step(19, Number.NaN, 2))).not.toThrow();
    expect(() => assertGoing(step(20, Number.NaN, 1))).toThrow(
      "the 20 steps up to step 40 were skipped: a gradient of each is not finite, at a loss scale of 1 too",
    );
    expect(() => assertGoing(step(20, 1))).toThrow(
      /were skipped: a gradient of each is not finite$/,
    );
  });

  test("are none where the loss alone is not finite", () => {
    expect(() => assertGoing(step(0, Number.NaN, 1024))).toThrow("the loss of step 40 is NaN");
    expect(() => assertGoing(step(1, Number.NaN))).toThrow("the loss of step 40 is NaN");
    expect(skipOf(step(0, 1))).toBeUndefined();
    expect(skipOf(step(1, 1))).toBe("step 40 is skipped: a gradient is not finite");
  });
});
