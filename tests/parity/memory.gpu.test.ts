import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Artifact } from "../../compiler/artifact.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { SessionOptions } from "../../runtime/session-options.ts";
import { elementCount, type Tensor } from "../../runtime/tensor.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

function artifactOf(model: string, options: Partial<CompileRequest>): Artifact {
  const { artifact, diagnostics } = compile({
    entry: "models/internvit/internvit.weft",
    loader: diskLoader(process.cwd()),
    model,
    mode: "forward",
    ...options,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

/** Bindings as large as an H200's: no tensor has to be cut. */
const roomy = {
  ...portableProfile,
  name: "roomy",
  maxStorageBufferBindingSize: 2 ** 31 - 4,
  maxBufferSize: 2 ** 32 - 4,
};

describe.each([
  { B: 1, isSoftware: false },
  { B: 8, isSoftware: false },
  { B: 1, isSoftware: true },
])("the arenas of InternViT-6B at batch $B, on software: $isSoftware", ({ B, isSoftware }) => {
  const profile = { ...roomy, isSoftware };
  const { program } = artifactOf("InternViT_6B", { sizes: { B }, profile });
  const token = B * 257 * 3200 * 4;

  test("are within a tenth of the largest live set", () => {
    expect(program.plan.arenaBytes).toBeLessThanOrEqual(1.1 * program.plan.lowerBound);
    expect(program.plan.lowerBound).toBe(7 * token);
  });
  test("are hidden, what attention writes beside it, and on software the pre-scaled rows", () => {
    const arenas = program.buffers.filter(({ role }) => role === "arena");
    const beside = isSoftware ? [token, token] : [token];
    expect(arenas.map(({ bytes }) => bytes)).toEqual([4 * token, ...beside]);
  });
  test("and no dispatch binds one buffer both ways", () => {
    for (const { kernel, tensors } of program.dispatches) {
      const access = program.kernels[kernel]?.bindings.map((binding) => binding.access) ?? [];
      const buffers = (wanted: string): readonly (number | undefined)[] =>
        tensors.filter((_, n) => access[n] === wanted).map((n) => program.tensors[n]?.buffer);
      const written = new Set(buffers("read_write"));
      expect(buffers("read").filter((buffer) => written.has(buffer))).toEqual([]);
    }
  });
});

describe.each(testDrivers)("memory on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  async function outputOf(
    on: Device,
    artifact: Artifact,
    options: SessionOptions = {},
  ): Promise<Tensor["data"]> {
    const session = await Session.create(artifact, on, "random:1", options);
    const [input] = artifact.inputs;
    const shape = input?.shape.map(({ size }) => size) ?? [];
    const next = generator(3);
    const data = Float32Array.from({ length: elementCount(shape) }, () => next() - 0.5);
    const pixels: Tensor = { element: "f32", shape, data };
    const { output } = await session.run({ pixels });
    session.dispose();
    return output?.data ?? new Float32Array();
  }

  test.for(["f32", "f16"] as const)(
    "what is freed is not read, in %s",
    async (precision, context) => {
      if (device === undefined) return context.skip();
      const profile = deviceProfile(device);
      const artifact = artifactOf("InternViT_tiny", { sizes: { B: 2 }, profile, precision });
      const right = await outputOf(device, artifact);
      expect(right.some((value) => value !== 0)).toBe(true);
      expect(right.every(Number.isFinite)).toBe(true);
      expect(await outputOf(device, artifact, { poison: true })).toEqual(right);
    },
  );

  test("a plan that frees too early shows", async (context) => {
    if (device === undefined) return context.skip();
    const artifact = artifactOf("InternViT_tiny", { profile: deviceProfile(device) });
    const { program } = artifact;
    const attend = program.dispatches.findIndex(
      ({ kernel }) => program.kernels[kernel]?.engine === "attend",
    );
    const [read = 0] = program.dispatches[attend]?.tensors ?? [];
    const early = program.tensors.length;
    // The reader binds another tensor at the same bytes: the plan holds the one that was made for dead.
    const dispatches = program.dispatches.map((dispatch, n) =>
      n === attend
        ? { ...dispatch, tensors: dispatch.tensors.map((t) => (t === read ? early : t)) }
        : dispatch,
    );
    const tensors = [...program.tensors, ...program.tensors.slice(read, read + 1)];
    const wrong = { ...artifact, program: { ...program, tensors, dispatches } };
    expect((await outputOf(device, wrong)).every(Number.isFinite)).toBe(true);
    const poisoned = await outputOf(device, wrong, { poison: true });
    expect(poisoned.every(Number.isFinite)).toBe(false);
  });
});
