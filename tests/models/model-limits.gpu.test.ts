import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileFile } from "../../compiler/api/compile-file.ts";
import type { Artifact, InputSpec } from "../../compiler/artifact.ts";
import { modelsOf } from "../../compiler/cli/options/choose-mode.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { isCounted } from "../../runtime/row-lengths.ts";
import { Session } from "../../runtime/session.ts";
import { elementCount, type Tensor } from "../../runtime/tensor.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { type TinyModel, tinyModels } from "../support/models/tiny-models.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const kibibyte = 1024;

const modes = tinyModels.flatMap((tiny) => {
  const listing = modelsOf(tiny.file).find(({ name }) => name === tiny.model);
  return (listing?.modes ?? []).map((mode) => ({ ...tiny, mode }));
});

function narrow(profile: DeviceProfile, kibibytes: number): DeviceProfile {
  return {
    ...profile,
    name: "narrow",
    maxStorageBufferBindingSize: kibibytes * kibibyte,
    maxStorageBuffersPerShaderStage: 8,
  };
}

function artifactOf(
  { file, model, mode, set, sizes }: TinyModel & { readonly mode: string },
  profile: DeviceProfile,
): Artifact {
  const { artifact, diagnostics } = compileFile({ file, model, mode, set, sizes }, profile);
  expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  if (artifact === undefined) throw new Error(`${model}.${mode} does not compile`);
  return artifact;
}

function expectBindable({ program }: Artifact, bytes: number): void {
  const bound = program.dispatches.flatMap(({ tensors }) => tensors);
  const largest = Math.max(...bound.map((tensor) => program.tensors[tensor]?.bytes ?? 0));
  expect(largest).toBeLessThanOrEqual(bytes);
  expect(Math.max(...program.kernels.map(({ bindings }) => bindings.length))).toBeLessThan(9);
}

test("every model folder has a small instance", () => {
  expect(modes.length).toBeGreaterThan(20);
  for (const { file, model } of tinyModels) {
    expect(modes.some((one) => one.file === file && one.model === model)).toBe(true);
  }
});

describe("every mode of every small model in bindings of 1 MiB and of 64 KiB, 8 at once", () => {
  test.each(modes)("$model $mode", (tiny) => {
    for (const kibibytes of [1024, 64]) {
      expectBindable(artifactOf(tiny, narrow(portableProfile, kibibytes)), kibibytes * kibibyte);
    }
  });
});

describe("small models in narrow bindings compute what they compute in wide ones", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  const run = [
    { model: "Clip", mode: "compare", kibibytes: 16 },
    { model: "LinearSegmenter", mode: "segment", kibibytes: 64 },
    { model: "InternVL_14B", mode: "similarity_g", kibibytes: 64 },
    { model: "InternVL_14B", mode: "caption", kibibytes: 64 },
    { model: "ChatD", mode: "chat", kibibytes: 64 },
    { model: "QFormer_base", mode: "queries", kibibytes: 64 },
    { model: "Llama_tiny", mode: "generate", kibibytes: 16 },
  ];
  test.for(run)("$model $mode, $kibibytes KiB", async ({ model, mode, kibibytes }, context) => {
    if (device === undefined) return context.skip();
    const tiny = modes.find((one) => one.model === model && one.mode === mode);
    if (tiny === undefined) throw new Error(`${model}.${mode} is not here`);
    const whole = artifactOf(tiny, deviceProfile(device));
    const cut = artifactOf(tiny, narrow(deviceProfile(device), kibibytes));
    expectBindable(cut, kibibytes * kibibyte);
    expect(cut.program.dispatches.length).toBeGreaterThan(whole.program.dispatches.length);
    const right = await resultsOf(device, whole);
    const found = await resultsOf(device, cut);
    expect(right.some((value) => value !== 0)).toBe(true);
    expect(relativeError(found, right)).toBeLessThan(2e-5);
  });
});

/** All outputs of every step, called in order, the last one three times. */
async function resultsOf(device: Device, artifact: Artifact): Promise<readonly number[]> {
  const session = await Session.create(artifact, device, "random:2", { poison: true });
  const results: number[] = [];
  const last = artifact.steps.length - 1;
  const calls = last === 0 ? [0] : [...artifact.steps.keys(), last, last];
  try {
    for (const [turn, step] of calls.entries()) {
      const all = artifact.steps[step]?.inputs ?? [];
      // Lengths are counted in the rows that they are of.
      const specs = all.filter((spec) => !isCounted(spec));
      const inputs = Object.fromEntries(specs.map((spec) => [spec.name, randomInput(spec, turn)]));
      const outputs = await session.step(step, inputs);
      results.push(...Object.values(outputs).flatMap(({ data }) => [...data]));
    }
  } finally {
    session.dispose();
  }
  return results;
}

/** Pixels, or tokens that every small vocabulary has. */
function randomInput({ shape, element }: InputSpec, turn: number): Tensor {
  const sizes = shape.map(({ size }) => size);
  const next = generator(5 + turn);
  const numbers = { length: elementCount(sizes) };
  return element === "i32"
    ? { element, shape: sizes, data: Int32Array.from(numbers, () => 1 + Math.floor(200 * next())) }
    : { element: "f32", shape: sizes, data: Float32Array.from(numbers, () => next() - 0.5) };
}
