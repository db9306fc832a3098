import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IntegerTensor, load, type RealTensor } from "../../compiler/api/library.ts";
import type { Device } from "../../runtime/device/device.ts";
import { readNpy, writeNpy } from "../../runtime/files/npy.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { collect, open } from "../support/models/generation.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-unknown-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const vocab = 512;
const llama = { file: "models/llama/llama.weft", model: "Llama_tiny" };

function idsOf(...rows: readonly (readonly number[])[]): IntegerTensor {
  const shape = [rows.length, rows[0]?.length ?? 0];
  return { element: "i32", shape, data: Int32Array.from(rows.flat()) };
}

/** Id 0 is `<unk>`, a token that a prompt may hold. */
describe.each(testDrivers)("prompts with id 0 in them, on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  /** Logits behind the position `at` of each row, from the mode that reads the whole at once. */
  async function logitsAt(device: Device, ids: IntegerTensor, at: readonly number[]) {
    const [B = 1, N = 1] = ids.shape;
    const options = { ...llama, mode: "logits", weights: "random:3", sizes: { B, N }, device };
    const mode = await load<{ ids: Tensor; lengths: Tensor }, { output: RealTensor }>(options);
    // What stands at positions before is not changed by how long the row is.
    const lengths = { element: "i32", shape: [B], data: new Int32Array(B).fill(N) } as const;
    const { output } = await mode.run({ ids, lengths });
    mode.dispose();
    return at.map((n, row) => output.data.slice((row * N + n) * vocab, (row * N + n + 1) * vocab));
  }

  /** The first token that each row chooses, and the logits that chose it. */
  async function chosen(device: Device, ...all: readonly Tensor[]) {
    const [first] = all;
    if (first === undefined) return [];
    const settings = { keepLogits: true };
    const generator = await open(device, { inputs: { ids: first }, settings });
    const found: (readonly { readonly token: number; readonly logits: ArrayLike<number> }[])[] = [];
    for (const ids of all) {
      const limits = { maxNewTokens: 1, keepLogits: true };
      const prompt = await generator.read({ ids });
      const { sequences, logits } = await collect(generator.generate(prompt, limits));
      const data = logits[0]?.data ?? new Float32Array();
      found.push(
        sequences.map(({ tokens: [token = -1] }, row) => ({
          token,
          logits: data.slice(row * vocab, (row + 1) * vocab),
        })),
      );
    }
    generator.dispose();
    return found;
  }

  test("a single prompt is as long as it is", async (context) => {
    if (device === undefined) return context.skip();
    const ids = idsOf([1, 5, 0, 7, 0]);
    const [right = new Float32Array()] = await logitsAt(device, ids, [4]);
    const best = right.indexOf(Math.max(...right));
    const [[found] = []] = await chosen(device, ids);
    expect(relativeError(found?.logits ?? [], right)).toBeLessThan(1e-5);
    expect(found?.token).toBe(best);
    const beaming = await open(device, { inputs: { ids }, settings: { beams: 2, ends: [] } });
    const searched = await beaming.search(await beaming.read({ ids }), { maxNewTokens: 1 });
    beaming.dispose();
    expect(searched.best[0]?.tokens).toEqual([best]);
  });

  test("zeros behind a prompt are padding, unless its length is said", async (context) => {
    if (device === undefined) return context.skip();
    const ids = idsOf([1, 5, 0, 7], [1, 9, 0, 0]);
    const [long, short] = await logitsAt(device, ids, [3, 1]);
    const [, longer] = await logitsAt(device, ids, [3, 2]);
    const [guessed, told] = await chosen(device, ids, { ...ids, lengths: [4, 3] });
    for (const [found, right] of [
      [guessed?.[0], long],
      [guessed?.[1], short],
      [told?.[0], long],
      [told?.[1], longer],
    ] as const)
      expect(relativeError(found?.logits ?? [], right ?? [])).toBeLessThan(1e-5);
  });

  test("on the command line", async (context) => {
    if (device === undefined) return context.skip();
    const [ids, all, out] = ["ids.npy", "all.npy", "g.safetensors"].map((one) => join(folder, one));
    writeNpy(ids ?? "", idsOf([1, 5, 0, 7, 9, 11]));
    const given = [llama.file, "--model", llama.model, "--in", `ids=${ids}`, "--device", driver];
    const whole = await runWeft(["run", ...given, "--mode", "logits", "--out", all ?? ""]);
    expect(whole.exitCode).toBe(0);
    const limits = ["--max-new-tokens", "2", "--logits", "--out", out ?? ""];
    const generated = await runWeft(["generate", ...given, "--mode", "generate", ...limits]);
    expect(generated.exitCode).toBe(0);
    const first = readTensor(out ?? "", "step_logits").data.slice(0, vocab);
    const last = readNpy(all ?? "").data.slice(5 * vocab);
    expect(relativeError(first, last)).toBeLessThan(1e-5);
  });

  test("an id beyond the vocabulary does not reach the device", async (context) => {
    if (device === undefined) return context.skip();
    const generator = await open(device);
    const ids = idsOf([1, vocab]);
    await expect(generator.read({ ids })).rejects.toMatchObject({ code: "id-outside" });
    const { shape } = generator.artifact.steps[0]?.inputs[0] ?? { shape: [] };
    const data = new Int32Array(shape.reduce((all, { size }) => all * size, 1)).fill(vocab);
    const raw: Tensor = { element: "i32", shape: shape.map(({ size }) => size), data };
    await expect(generator.session.step(0, { ids: raw })).rejects.toMatchObject({
      code: "id-outside",
    });
    generator.dispose();
  });
});
