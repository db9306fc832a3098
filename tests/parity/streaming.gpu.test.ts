import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Artifact } from "../../compiler/artifact.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { SessionOptions } from "../../runtime/session-options.ts";
import { initialElements } from "../../runtime/stored/initial-elements.ts";
import { elementCount, type Tensor } from "../../runtime/tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-streaming-"));
afterAll(() => rmSync(folder, { recursive: true }));

const vit = { entry: "models/internvit/internvit.weft", model: "InternViT_tiny", mode: "forward" };
const llama = { entry: "models/llama/llama.weft", model: "Llama_tiny", mode: "generate" };

type Request = Omit<CompileRequest, "loader" | "profile">;

function artifactOf(device: Device, request: Request): Artifact {
  const profile = deviceProfile(device);
  const { artifact, diagnostics } = compile({
    ...request,
    loader: diskLoader(process.cwd()),
    profile,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

/** The whole program, and one that has this share of its memory. */
function pair(device: Device, request: Request, share: number): readonly [Artifact, Artifact] {
  const whole = artifactOf(device, request);
  const peak = whole.program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  const streamed = artifactOf(device, { ...request, memory: share * peak });
  expect(streamed.program.streaming?.groups.length).toBeGreaterThan(3);
  return [whole, streamed];
}

function pixelsFor({ inputs }: Artifact): Tensor {
  const shape = inputs[0]?.shape.map(({ size }) => size) ?? [];
  const next = generator(4);
  const data = Float32Array.from({ length: elementCount(shape) }, () => next() - 0.5);
  return { element: "f32", shape, data };
}

async function withSession<T>(
  artifact: Artifact,
  device: Device,
  weights: string,
  options: SessionOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.create(artifact, device, weights, options);
  try {
    return await use(session);
  } finally {
    session.dispose();
  }
}

describe.each(testDrivers)("weights that do not all fit, on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  const requests = [
    { name: "f32", share: 0.3, more: {} },
    { name: "f32, most of it resident", share: 0.8, more: { sizes: { B: 3 } } },
    { name: "f16", share: 0.4, more: { precision: "f16" } },
    { name: "int8", share: 0.65, more: { quantize: "int8" } },
  ] as const;
  test.for(requests)("an image encoder gives the same bits, twice: $name", async (one, context) => {
    if (device === undefined) return context.skip();
    const on = device;
    const [whole, streamed] = pair(on, { ...vit, ...one.more }, one.share);
    const pixels = pixelsFor(whole);
    const run = (session: Session) => session.run({ pixels });
    const { output: right } = await withSession(whole, on, "random:3", {}, run);
    expect(right?.data.every(Number.isFinite)).toBe(true);
    expect(right?.data.some((value) => value !== 0)).toBe(true);
    let told = 0;
    let complete = 0;
    const onStream: SessionOptions["onStream"] = ({ doneBytes, totalBytes }) => {
      told += 1;
      if (doneBytes === totalBytes) complete += 1;
    };
    const [first, second] = await withSession(
      streamed,
      on,
      "random:3",
      { onStream },
      async (session) => [await run(session), await run(session)],
    );
    expect(first?.output?.data).toEqual(right?.data);
    expect(second?.output?.data).toEqual(right?.data);
    expect(told).toBeGreaterThan(5);
    if (one.name === "f32") expect(complete).toBe(2);
  });

  test("no kernel reads what a slot held before, and a weight that is not brought shows", async (context) => {
    if (device === undefined) return context.skip();
    const on = device;
    const [whole, streamed] = pair(on, vit, 0.35);
    const pixels = pixelsFor(whole);
    const run = async (session: Session) => (await session.run({ pixels })).output?.data;
    const right = await withSession(whole, on, "random:3", {}, run);
    for (const options of [{ poison: true }, { guard: true }])
      expect(await withSession(streamed, on, "random:3", options, run)).toEqual(right);
    const { streaming } = streamed.program;
    if (streaming === undefined) throw new Error("nothing is streamed");
    // A group forgets one of its tensors: what its kernel finds there is what the slot was filled with.
    const groups = streaming.groups.map((group, n) =>
      n === 2 ? { ...group, tensors: group.tensors.slice(1) } : group,
    );
    const wrong = {
      ...streamed,
      program: { ...streamed.program, streaming: { ...streaming, groups } },
    };
    const found = await withSession(wrong, on, "random:3", { poison: true }, run);
    expect(found?.every(Number.isFinite)).toBe(false);
  });

  test("from a checkpoint, profiled and traced too", async (context) => {
    if (device === undefined) return context.skip();
    const on = device;
    const [whole, streamed] = pair(on, { ...vit, precision: "f16" }, 0.4);
    const path = join(folder, `${driver}.safetensors`);
    const tensors = whole.stored.map((parameter) => {
      const { count, read } = initialElements(parameter, 9);
      const bytes = new Uint8Array(count * 4);
      read(bytes, 0);
      const shape = parameter.shape.map(({ size }) => size);
      return [
        parameter.path,
        { element: "f32", shape, data: new Float32Array(bytes.buffer) },
      ] as const;
    });
    writeSafetensors(path, Object.fromEntries(tensors));
    const pixels = pixelsFor(whole);
    const run = async (session: Session) => (await session.run({ pixels })).output?.data;
    const right = await withSession(whole, on, path, {}, run);
    await withSession(streamed, on, path, {}, async (session) => {
      expect(await run(session)).toEqual(right);
      expect((await session.trace({ pixels })).outputs.output?.data).toEqual(right);
      const profile = await session.profile({ pixels }, { runs: 1 });
      expect(profile.totalMs).toBeGreaterThan(0);
      expect(profile.deviceMs).toBeUndefined();
      expect(profile.dispatches.every(({ timeMs }) => timeMs >= 0)).toBe(true);
      expect(await run(session)).toEqual(right);
    });
  });

  test("a language model decodes the same logits, token by token", async (context) => {
    if (device === undefined) return context.skip();
    const on = device;
    const steps = [
      { name: "prefill", sizes: { N: 5 } },
      { name: "decode", sizes: {} },
    ];
    const pairOf = pair(on, { ...llama, steps }, 0.6);
    const logitsOf = (artifact: Artifact, options: SessionOptions) =>
      withSession(artifact, on, "random:5", options, async (session) => {
        const ids: Tensor = {
          element: "i32",
          shape: [1, 5],
          data: Int32Array.of(1, 9, 400, 33, 7),
        };
        const all = [(await session.step("prefill", { ids })).output?.data];
        for (const word of [17, 300, 511]) {
          const token: Tensor = { element: "i32", shape: [1], data: Int32Array.of(word) };
          all.push((await session.step("decode", { token })).output?.data);
        }
        return all;
      });
    const right = await logitsOf(pairOf[0], {});
    expect(right.every((logits) => logits?.every(Number.isFinite))).toBe(true);
    expect(await logitsOf(pairOf[1], {})).toEqual(right);
    expect(await logitsOf(pairOf[1], { poison: true })).toEqual(right);
  });

  test("`weft run --memory` tells what was planned and what the process took", async (context) => {
    if (device === undefined) return context.skip();
    const args = ["run", vit.entry, "--model", vit.model, "--mode", vit.mode, "--no-cache"];
    const input = ["--in", "pixels=random:1", "--device", driver, "--json"];
    const whole = await runWeft([...args, ...input]);
    const { exitCode, stdout, stderr } = await runWeft([...args, ...input, "--memory", "500KB"]);
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    expect(stderr).toContain("through two slots");
    expect(stderr).toContain("memory: planned ");
    const [streamed, right] = [stdout, whole.stdout].map((text) => JSON.parse(text));
    expect(streamed.outputs).toEqual(right.outputs);
    expect(right.memory.streaming).toBeUndefined();
    expect(streamed.memory.planned.total).toBeLessThanOrEqual(500_000);
    expect(streamed.memory.streaming.budget).toBe(500_000);
    // The device is in this process, and so is Node.
    expect(streamed.memory.peakProcess).toBeGreaterThan(streamed.memory.planned.total);
  });
});
