import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { SessionOptions } from "../../runtime/session-options.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

type Request = Omit<CompileRequest, "loader" | "profile"> & {
  readonly limits?: Partial<DeviceProfile>;
};

async function openMode(
  device: Device,
  { limits, ...request }: Request,
  weights = "random:3",
  options: SessionOptions = {},
): Promise<Session> {
  const profile = { ...deviceProfile(device), ...limits };
  const result = compile({ ...request, loader: diskLoader(process.cwd()), profile });
  if (result.artifact === undefined) throw new Error(renderDiagnostics(result.diagnostics));
  return Session.create(result.artifact, device, weights, options);
}

const llama = { entry: "models/llama/llama.weft", model: "Llama_tiny" };

function ids(shape: readonly number[], seed: number): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Int32Array.from({ length: count }, (_, n) => 1 + ((n * 37 + seed * 101) % 500));
  return { element: "i32", shape, data };
}

function numbers({ data }: Tensor, from = 0, count = data.length): number[] {
  return [...data.subarray(from, from + count)];
}

function result(outputs: Readonly<Record<string, Tensor>>): Tensor {
  const { output } = outputs;
  if (output === undefined) throw new Error("the step has no output");
  return output;
}

describe.each(testDrivers)("states on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  const cases = [
    { name: "as it is", options: {}, limits: {} },
    { name: "poisoned", options: { poison: true }, limits: {} },
    { name: "watched for NaN", options: { guard: true }, limits: {} },
    {
      name: "in bindings of 64 KiB",
      options: {},
      limits: { maxStorageBufferBindingSize: 64 * 1024 },
    },
  ] as const;

  test.for(cases)("decoding step by step is the whole at once, $name", async (one, context) => {
    if (device === undefined) return context.skip();
    const { options, limits } = one;
    const [batch, prompt, more, vocab] = [2, 5, 3, 512];
    // More slots than one binding holds: caches lie in parts, along sequences and along slots.
    const slots = { path: "Slot", value: 512 };
    const isCut = "maxStorageBufferBindingSize" in limits;
    const overrides = isCut ? [slots] : [];
    const all = ids([batch, prompt + more], 1);
    const whole = await openMode(device, {
      ...llama,
      mode: "logits",
      sizes: { B: batch, N: prompt + more },
    });
    const right = result(await whole.run({ ids: all }));
    whole.dispose();
    const at = (sequence: number, position: number): number[] =>
      numbers(right, (sequence * (prompt + more) + position) * vocab, vocab);

    const sizes = { B: batch, N: prompt };
    const session = await openMode(
      device,
      { ...llama, mode: "generate", sizes, limits, overrides },
      "random:3",
      options,
    );
    const rows = [...Array(batch).keys()];
    const part = (from: number, count: number): Tensor => ({
      element: "i32",
      shape: count === 1 ? [batch] : [batch, count],
      data: Int32Array.from(
        rows.flatMap((row) => numbers(all, row * (prompt + more) + from, count)),
      ),
    });
    // Twice: what the first generation left must not be seen by the second.
    for (let turn = 0; turn < 2; turn++) {
      await session.resetStates();
      let logits = result(await session.step("prefill", { ids: part(0, prompt) }));
      for (let n = 0; n < more; n++) {
        for (const row of rows)
          expect(
            relativeError(numbers(logits, row * vocab, vocab), at(row, prompt + n - 1)),
          ).toBeLessThan(2e-6);
        logits = result(await session.step("decode", { token: part(prompt + n, 1) }));
      }
      for (const row of rows)
        expect(
          relativeError(numbers(logits, row * vocab, vocab), at(row, prompt + more - 1)),
        ).toBeLessThan(2e-6);
    }
    session.dispose();
  });

  test("prompts of several lengths share weights and states", async (context) => {
    if (device === undefined) return context.skip();
    const steps = [4, 8, 16].map((N) => ({ name: "prefill", sizes: { N } }));
    const session = await openMode(device, {
      ...llama,
      mode: "generate",
      steps: [...steps, { name: "decode", sizes: {} }],
    });
    const { artifact } = session;
    expect(artifact.steps.map(({ name }) => name)).toEqual([
      "prefill",
      "prefill",
      "prefill",
      "decode",
    ]);
    const alone = await openMode(device, { ...llama, mode: "generate", sizes: { N: 16 } });
    expect(artifact.program.plan.weightBytes).toBe(alone.artifact.program.plan.weightBytes);
    expect(artifact.program.plan.stateBytes).toBe(alone.artifact.program.plan.stateBytes);
    expect(artifact.program.plan.arenaBytes).toBeLessThanOrEqual(
      1.1 * alone.artifact.program.plan.arenaBytes,
    );
    const prompt = numbers(ids([8], 2));
    const padded = (length: number): Tensor => ({
      element: "i32",
      shape: [1, length],
      data: Int32Array.from({ length }, (_, n) => prompt[n] ?? 0),
      lengths: [prompt.length],
    });
    const token = ids([1], 9);
    const [short, long] = [8, 16].map(async (length) => {
      const own = length === 8 ? session : alone;
      const first = result(await own.step("prefill", { ids: padded(length) }));
      return [...numbers(first), ...numbers(result(await own.step("decode", { token })))];
    });
    // Padding changes the order of no sum that counts, but the tiles of the kernels.
    expect(relativeError((await short) ?? [], (await long) ?? [])).toBeLessThan(2e-6);
    session.dispose();
    alone.dispose();
  });

  test("beams: entries of all states change places, exactly", async (context) => {
    if (device === undefined) return context.skip();
    const request = { ...llama, mode: "generate", sizes: { B: 3, N: 4 } };
    const session = await openMode(device, request, "random:3", { permutes: true });
    const prompts = ids([3, 4], 5);
    const token: Tensor = { element: "i32", shape: [3], data: Int32Array.of(7, 7, 7) };
    const vocab = 512;
    await session.step("prefill", { ids: prompts });
    const straight = result(await session.step("decode", { token }));
    await session.resetStates();
    await session.step("prefill", { ids: prompts });
    await session.permuteStates([2, 0, 0]);
    const moved = result(await session.step("decode", { token }));
    for (const [to, from] of [2, 0, 0].entries()) {
      expect(numbers(moved, to * vocab, vocab)).toEqual(numbers(straight, from * vocab, vocab));
    }
    session.dispose();
  });

  test("what is not asked for stays on the device, and may be an input there", async (context) => {
    if (device === undefined) return context.skip();
    const session = await openMode(device, {
      entry: "tests/samples/states/running-sum.weft",
      model: "RunningSum",
      mode: "count",
      sizes: { B: 2 },
    });
    const x: Tensor = { element: "f32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    expect(await session.step("add", { x }, { read: [] })).toEqual({});
    const [, second] = await session.sequence([
      { step: "add", inputs: { x: session.outputOf("add", "output") }, read: [] },
      { step: "half", inputs: { x: session.outputOf("add", "output") } },
    ]);
    // 1, then 1 + 1 = 2, and half of that.
    expect(numbers(second?.output as Tensor)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Object.keys(second ?? {})).toEqual(["output"]);
    await session.resetStates();
    expect(numbers(result(await session.step("add", { x })))).toEqual([1, 2, 3, 4, 5, 6]);
    await expect(session.run({ x })).rejects.toThrow(/runs step by step: `add`, `half`/);
    await expect(session.step("ad", { x })).rejects.toThrow(/no step `ad`/);
    session.dispose();
  });

  test("captions of the official code, token by token", async (context) => {
    const oracle = resolve("../shared/oracle/internvl-tiny");
    if (!existsSync(oracle)) console.log("skipped: ../shared/oracle is not here");
    if (!existsSync(oracle) || device === undefined) return context.skip();
    const { config, tensors: entries } = readHeaders(oracle);
    const tensors = Object.fromEntries(
      Object.entries(entries).map(([key, { shape }]) => [key, shape]),
    );
    const given = (key: string): Tensor =>
      readTensor(join(oracle, "caption_inputs.safetensors"), key);
    const right = (key: string): Tensor => readTensor(join(oracle, "outputs.safetensors"), key);
    const [pixels, prompt] = [given("pixel_values"), given("prompt_ids")];
    const session = await openMode(
      device,
      {
        entry: "models/internvl/internvl.weft",
        model: "InternVL",
        mode: "caption",
        sizes: { B: 1, Text: prompt.shape[1] ?? 1 },
        checkpoint: { config, tensors },
      },
      oracle,
    );
    const tokens = numbers(right("caption.tokens"));
    const [prefill, steps] = [right("caption.prefill_logits"), right("caption.step_logits")];
    let logits = result(await session.step("prefill", { pixels, ids: prompt }));
    const vocab = logits.data.length;
    // The official prefill gives the logits of every position, of which the last one counts.
    const last = numbers(prefill, prefill.data.length - vocab, vocab);
    expect(relativeError(logits.data, last)).toBeLessThan(5e-5);
    const [chosen, found] = [[] as number[], numbers(logits)];
    for (const token of tokens) {
      chosen.push(best(numbers(logits)));
      const data = Int32Array.of(token);
      logits = result(
        await session.step("decode", { token: { element: "i32", shape: [1], data } }),
      );
      found.push(...numbers(logits));
    }
    expect(chosen).toEqual(tokens);
    expect(tokens).toHaveLength(16);
    // The logits that chose each token, and one more.
    expect(relativeError(found, steps.data)).toBeLessThan(5e-5);
    expect(steps.data).toHaveLength(17 * vocab);
    session.dispose();
  });
});

function best(logits: readonly number[]): number {
  return logits.reduce((top, value, place) => (value > (logits[top] ?? 0) ? place : top), 0);
}
