import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Artifact } from "../../compiler/artifact.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import { elementCount, type Tensor } from "../../runtime/tensor.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const oracle = resolve("../shared/oracle/internvl-tiny");
const kibibyte = 1024;

type Request = Pick<CompileRequest, "sizes" | "overrides" | "precision" | "checkpoint">;

function artifactOf(model: string, profile: DeviceProfile, request: Request): Artifact {
  const { artifact, diagnostics } = compile({
    entry: "models/internvit/internvit.weft",
    loader: diskLoader(process.cwd()),
    model,
    mode: "forward",
    profile,
    ...request,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

function narrow(device: Device, bindingBytes: number): DeviceProfile {
  return {
    ...deviceProfile(device),
    name: "narrow",
    maxStorageBufferBindingSize: bindingBytes,
    maxStorageBuffersPerShaderStage: 8,
  };
}

/** Every binding is within the limit, and something had to be cut for that. */
function expectCut({ program, stored }: Artifact, bindingBytes: number): void {
  const bound = program.dispatches.flatMap(({ tensors }) => tensors);
  const largest = Math.max(...bound.map((tensor) => program.tensors[tensor]?.bytes ?? 0));
  expect(largest).toBeLessThanOrEqual(bindingBytes);
  expect(Math.max(...program.kernels.map(({ bindings }) => bindings.length))).toBeLessThan(9);
  expect(largest).toBeGreaterThan(bindingBytes / 4);
  expect(stored.filter(({ parts }) => parts !== undefined)).not.toEqual([]);
}

function relativeError(found: ArrayLike<number>, right: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < right.length; i++) {
    difference += ((found[i] ?? Number.NaN) - (right[i] ?? 0)) ** 2;
    norm += (right[i] ?? 0) ** 2;
  }
  return Math.sqrt(difference / norm);
}

async function outputOf(
  device: Device,
  artifact: Artifact,
  weights: string,
  pixels?: Tensor,
): Promise<Float32Array> {
  const shape = artifact.inputs[0]?.shape.map(({ size }) => size) ?? [];
  const next = generator(5);
  const data = Float32Array.from({ length: elementCount(shape) }, () => next() - 0.5);
  const session = await Session.create(artifact, device, weights, { poison: true });
  try {
    const { output } = await session.run({ pixels: pixels ?? { element: "f32", shape, data } });
    return Float32Array.from(output?.data ?? []);
  } finally {
    session.dispose();
  }
}

describe.each(testDrivers)("narrow bindings on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  const official = [
    { bindings: 1024, precision: "f32", image: 56, bound: 2e-5 },
    { bindings: 1024, precision: "f16", image: 84, bound: 3e-3 },
    { bindings: 48, precision: "f32", image: 56, bound: 2e-5 },
    { bindings: 32, precision: "f16", image: 56, bound: 3e-3 },
    { bindings: 16, precision: "f32", image: 56, bound: 2e-5 },
    { bindings: 96, precision: "f32", image: 84, bound: 2e-5 },
    { bindings: 1024, precision: "f32", image: 84, bound: 2e-5 },
    // Planes of 84 x 84 begin where no binding may.
    { bindings: 16, precision: "f32", image: 84, bound: 2e-5 },
    { bindings: 16, precision: "f16", image: 84, bound: 3e-3 },
  ] as const;
  test.for(official)(
    "the official InternViT at $image px with $bindings KiB, $precision",
    async ({ bindings, precision, image, bound }, context) => {
      if (!existsSync(oracle)) console.log("skipped: ../shared/oracle is not here");
      if (!existsSync(oracle) || device === undefined) return context.skip();
      const suffix = image === 56 ? "" : `_${image}`;
      const pixels = readTensor(join(oracle, `inputs${suffix}.safetensors`), "pixel_values");
      const { config, tensors: headers } = readHeaders(oracle);
      const tensors = Object.fromEntries(
        Object.entries(headers).map(([key, { shape }]) => [key, shape]),
      );
      const artifact = artifactOf("InternViT", narrow(device, bindings * kibibyte), {
        checkpoint: { config, tensors },
        sizes: { B: pixels.shape[0] ?? 1 },
        overrides: image === 56 ? [] : [{ path: "image", value: image }],
        precision,
      });
      // All of it fits into 1 MiB.
      if (bindings < 1024) expectCut(artifact, bindings * kibibyte);
      const name = image === 56 ? "vit.last_hidden_state" : `vit.last_hidden_state@${image}`;
      const right = readTensor(join(oracle, "outputs.safetensors"), name);
      const found = await outputOf(device, artifact, oracle, pixels);
      expect(relativeError(found, right.data)).toBeLessThan(bound);
    },
  );

  const uncut = [
    {
      name: "InternViT_S, one block",
      model: "InternViT_S",
      bindings: 1024,
      B: 2,
      settings: { depth: 1 },
    },
    { name: "a tiny model", model: "InternViT_tiny", bindings: 32, B: 1, settings: {} },
    { name: "a batch of 3", model: "InternViT_tiny", bindings: 16, B: 3, settings: {} },
    {
      name: "an odd width, a prime MLP",
      model: "InternViT",
      bindings: 21,
      B: 1,
      settings: { D: 45, Heads: 5, Hidden: 53, depth: 2, image: 42, patch: 14 },
    },
  ];
  test.for(uncut)(
    "$name as without the limit, with $bindings KiB",
    async ({ model, bindings, B, settings }, context) => {
      if (device === undefined) return context.skip();
      const overrides = Object.entries(settings)
        .filter(([path]) => path !== "patch")
        .map(([path, value]) => ({ path, value }));
      const whole = artifactOf(model, deviceProfile(device), { sizes: { B }, overrides });
      const cut = artifactOf(model, narrow(device, bindings * kibibyte), {
        sizes: { B },
        overrides,
      });
      expectCut(cut, bindings * kibibyte);
      expect(cut.program.dispatches.length).toBeGreaterThan(whole.program.dispatches.length);
      const right = await outputOf(device, whole, "random:2");
      expect(right.some((value) => value !== 0)).toBe(true);
      expect(relativeError(await outputOf(device, cut, "random:2"), right)).toBeLessThan(1e-5);
    },
  );

  test("a language model whose table of words is cut, as without the limit", async (context) => {
    if (device === undefined) return context.skip();
    const on = device;
    const made = (profile: DeviceProfile): Artifact => {
      const { artifact, diagnostics } = compile({
        entry: "models/llama/llama.weft",
        loader: diskLoader(process.cwd()),
        ...{ model: "Llama_tiny", mode: "logits", sizes: { B: 2, N: 9 }, profile },
      });
      if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
      return artifact;
    };
    // The first word, the last one, and some on both sides of where the table is cut.
    const words = [1, 511, 63, 64, 127, 128, 3, 4, 5, 1, 255, 256, 257, 9, 8, 448, 447, 7];
    const ids = { element: "i32", shape: [2, 9], data: Int32Array.from(words) } as const;
    const logitsOf = async (artifact: Artifact): Promise<Float32Array> => {
      const session = await Session.create(artifact, on, "random:2", { poison: true });
      const { output } = await session.run({ ids });
      session.dispose();
      return Float32Array.from(output?.data ?? []);
    };
    const [whole, cut] = [made(deviceProfile(on)), made(narrow(on, 16 * kibibyte))];
    expectCut(cut, 16 * kibibyte);
    const table = cut.stored.find(({ path }) => path === "model.embed_tokens.weight");
    expect(table?.parts?.length).toBeGreaterThan(7);
    const right = await logitsOf(whole);
    expect(right.some((value) => value !== 0)).toBe(true);
    expect(relativeError(await logitsOf(cut), right)).toBeLessThan(1e-5);
  });
});
