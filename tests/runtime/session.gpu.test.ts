import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Artifact } from "../../compiler/artifact.ts";
import type { Device } from "../../runtime/device/device.ts";
import { Session } from "../../runtime/session.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { handWrittenArtifact } from "../support/artifacts/hand-written-artifact.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const x = {
  element: "f32",
  shape: [2, 4],
  data: Float32Array.of(1, 2, 3, 4, -1, 0, 1, 0),
} as const;

/** What the artifact means, on the CPU; `weight[i] = i / 8`, `bias = 0.5`. */
function expected(level: number): number[] {
  return [0, 1].flatMap((row) =>
    [0, 1, 2].map((out) => {
      const sum = [0, 1, 2, 3].reduce(
        (total, k) => total + (x.data[row * 4 + k] ?? 0) * ((out * 4 + k) / 8),
        0.5,
      );
      return Math.max(0, sum) / level;
    }),
  );
}

describe.each(testDrivers)("a session on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test.each([false, true])("runs and reads back, packed weights: %s", async (packed) => {
    if (device === undefined) return;
    const pipelines: string[] = [];
    const session = await Session.create(handWrittenArtifact({ packed }), device, "random:0", {
      onPipeline: (done, total, name) => pipelines.push(`${done}/${total} ${name}`),
    });
    for (const level of [2, 4]) {
      const { z } = await session.run({ x }, { level });
      expect(z?.shape).toEqual([2, 3]);
      expect([...(z?.data ?? [])]).toEqual(expected(level));
    }
    expect(pipelines).toHaveLength(2);
    expect(session.weights.initialised).toEqual(["linear.weight", "linear.bias"]);
    session.dispose();
  });

  test("runs that are started together stand in line", async () => {
    if (device === undefined) return;
    const session = await Session.create(handWrittenArtifact(), device);
    const results = await Promise.all([1, 2, 4, 8].map((level) => session.run({ x }, { level })));
    results.forEach(({ z }, index) => {
      expect([...(z?.data ?? [])]).toEqual(expected(2 ** index));
    });
    session.dispose();
    await expect(session.run({ x }, { level: 1 })).rejects.toThrow("disposed");
  });

  test("times every dispatch", async () => {
    if (device === undefined) return;
    const session = await Session.create(handWrittenArtifact(), device);
    const profile = await session.profile({ x }, { runs: 3, immediates: { level: 1 } });
    expect(profile.clock).toBe(device.features.has("timestamp-query") ? "timestamps" : "wall");
    expect(profile.totalMs).toBeGreaterThan(0);
    expect(profile.dispatches.map(({ label, kernel }) => [label, kernel])).toEqual([
      ["relu(linear)", "linear"],
      ["divide", "divide"],
    ]);
    expect(profile.dispatches.every(({ timeMs }) => timeMs > 0 && timeMs < 1000)).toBe(true);
    session.dispose();
  });

  test("a guard names the first kernel whose result is not finite", async () => {
    if (device === undefined) return;
    const session = await Session.create(handWrittenArtifact(), device, "random:0", {
      guard: true,
    });
    expect([...((await session.run({ x }, { level: 2 })).z?.data ?? [])]).toEqual(expected(2));
    await expect(session.run({ x }, { level: 0 })).rejects.toMatchObject({
      code: "nan-found",
      exitCode: 1,
      message: expect.stringMatching(/`z`, the result of `divide`.*models\/small\.weft:4/),
    });
    const broken = { ...x, data: x.data.map((value, index) => (index === 3 ? Number.NaN : value)) };
    await expect(session.run({ x: broken }, { level: 1 })).rejects.toMatchObject({
      code: "nan-found",
      message: expect.stringContaining("the input `x` has 1 of 8"),
    });
    session.dispose();
  });

  test("inputs are checked", async () => {
    if (device === undefined) return;
    const session = await Session.create(handWrittenArtifact(), device);
    await expect(session.run({})).rejects.toMatchObject({
      code: "input-missing",
      message: expect.stringContaining("[B = 2, In = 4]"),
    });
    await expect(session.run({ x, pixels: x })).rejects.toMatchObject({ code: "input-unknown" });
    await expect(session.run({ x: { ...x, shape: [4, 2] } })).rejects.toMatchObject({
      code: "wrong-shape",
    });
    const whole = { element: "i32", shape: [2, 4], data: new Int32Array(8) } as const;
    await expect(session.run({ x: whole })).rejects.toMatchObject({ code: "wrong-element" });
    session.dispose();
  });

  test("a text that the device refuses names the kernel and its place", async () => {
    if (device === undefined) return;
    const artifact = handWrittenArtifact();
    const [first, ...rest] = artifact.program.kernels;
    if (first === undefined) throw new Error("no kernel");
    const kernels = [{ ...first, wgsl: first.wgsl.replace("max(sum", "max(summ") }, ...rest];
    await expect(
      Session.create({ ...artifact, program: { ...artifact.program, kernels } }, device),
    ).rejects.toMatchObject({
      code: "kernel-rejected",
      exitCode: 3,
      message: expect.stringMatching(/`linear` \(models\/small\.weft:3\).*summ/s),
    });
    const needy = [{ ...first, features: ["warp-drive"] }, ...rest];
    await expect(
      Session.create({ ...artifact, program: { ...artifact.program, kernels: needy } }, device),
    ).rejects.toMatchObject({ code: "feature-missing" });
  });

  test("a program that the machine's memory cannot hold is a fault before the system ends the process", async () => {
    if (device === undefined) return;
    const artifact = handWrittenArtifact();
    const part = { name: "arena 2", role: "arena", bytes: 2 ** 29 } as const;
    const buffers = [...artifact.program.buffers, ...Array.from({ length: 2 ** 14 }, () => part)];
    await expect(
      Session.create({ ...artifact, program: { ...artifact.program, buffers } }, device),
    ).rejects.toMatchObject({
      code: "out-of-memory",
      message: expect.stringContaining("8192.0 GiB"),
    });
  });

  test("a buffer beyond the device's limit is a fault before anything is allocated", async () => {
    if (device === undefined) return;
    const artifact = handWrittenArtifact();
    const buffers = [
      ...artifact.program.buffers,
      { name: "arena 2", role: "arena", bytes: 2 ** 40 } as const,
    ];
    await expect(
      Session.create({ ...artifact, program: { ...artifact.program, buffers } }, device),
    ).rejects.toMatchObject({ code: "buffer-too-large", exitCode: 3 });
  });

  test("times by the clock where the device has no timestamps", async () => {
    const plain = await openTestDevice(driver);
    if (plain === undefined) return;
    (plain.features as Set<string>).delete("timestamp-query");
    const session = await Session.create(handWrittenArtifact(), plain);
    const profile = await session.profile({ x }, { runs: 2, immediates: { level: 1 } });
    expect(profile.clock).toBe("wall");
    expect(profile.dispatches.every(({ timeMs }) => timeMs > 0)).toBe(true);
    plain.dispose();
  });

  test("a guard finds NaN in the weights before anything runs", async () => {
    if (device === undefined) return;
    const folder = mkdtempSync(join(tmpdir(), "weft-session-"));
    const path = join(folder, "nan.safetensors");
    const weight = Float32Array.from({ length: 12 }, (_, index) => (index === 5 ? Number.NaN : 1));
    writeSafetensors(path, {
      "linear.weight": { element: "f32", shape: [3, 4], data: weight },
      "linear.bias": { element: "f32", shape: [3], data: new Float32Array(3) },
    });
    const session = await Session.create(handWrittenArtifact({ packed: true }), device, path, {
      guard: true,
    });
    await expect(session.run({ x }, { level: 1 })).rejects.toMatchObject({
      code: "nan-found",
      message: expect.stringContaining("the parameter `linear.weight` has 1 of 12"),
    });
    session.dispose();
    rmSync(folder, { recursive: true });
  });

  test.each(["f16", "bf16"] as const)("%s is converted on the way in and out", async (storage) => {
    if (device === undefined) return;
    const artifact = handWrittenArtifact();
    const [first] = artifact.program.tensors;
    const [input] = artifact.inputs;
    if (first === undefined || input === undefined) throw new Error("no input");
    const program = {
      ...artifact.program,
      tensors: [{ ...first, storage, bytes: 16 }],
      kernels: [],
      dispatches: [],
    };
    const outputs = [{ name: "same", element: "f32", shape: input.shape, tensor: 0 }] as const;
    const same: Artifact = {
      ...artifact,
      stored: [],
      outputs,
      steps: artifact.steps.map((step) => ({ ...step, outputs, to: 0 })),
      program,
    };
    const session = await Session.create(same, device);
    const data = Float32Array.of(0.1, -2, 1e-5, 2.71, 1e5, 0, 256, -1 / 3);
    const { same: found } = await session.run({ x: { element: "f32", shape: [2, 4], data } });
    const largest = storage === "f16" ? 65504 : 3e38;
    const digits = storage === "f16" ? 2 ** -11 : 2 ** -8;
    found?.data.forEach((value, index) => {
      const wanted = data[index] ?? 0;
      if (wanted > largest) expect(value).toBe(Number.POSITIVE_INFINITY);
      else
        expect(Math.abs(value - wanted)).toBeLessThanOrEqual(
          Math.max(Math.abs(wanted) * digits, 2 ** -25),
        );
    });
    session.dispose();
  });

  test("a device that is lost in the middle ends the run with a fault", async () => {
    const doomed = await openTestDevice(driver);
    if (doomed === undefined) return;
    const session = await Session.create(handWrittenArtifact(), doomed);
    const run = session.run({ x }, { level: 1 });
    doomed.gpu.destroy();
    await expect(run).rejects.toMatchObject({ code: "device-lost", exitCode: 3 });
    await expect(session.run({ x }, { level: 1 })).rejects.toMatchObject({ code: "device-lost" });
  });
});
