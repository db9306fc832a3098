import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CompileError,
  compile,
  type Device,
  type IntegerTensor,
  load,
  openDevice,
  profileText,
  type RealTensor,
  RuntimeFault,
} from "../../compiler/api/library.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-library-"));
const file = join(folder, "rank.weft");
let device: Device;

beforeAll(async () => {
  writeFileSync(
    file,
    `
model Rank(scale: float = 2.0) {
  mode rank(x: f32[B, N]) -> (best: i32[B], scaled: [B, N]) {
    (argmax{N}(x), real(x) * scale)
  }
}
`,
  );
  device = await openDevice({ select: "software" });
});
afterAll(() => {
  device.dispose();
  rmSync(folder, { recursive: true, force: true });
});

interface RankOutputs {
  readonly best: IntegerTensor;
  readonly scaled: RealTensor;
}
const request = { file, model: "Rank", mode: "rank", sizes: { B: 2, N: 3 } };
const x: RealTensor = { element: "f32", shape: [2, 3], data: Float32Array.of(1, 5, 2, 9, 8, 7) };

describe("compile", () => {
  test("gives plain data", () => {
    const artifact = compile(request);
    expect(artifact.sizes).toEqual({ B: 2, N: 3 });
    expect(artifact.outputs.map(({ name, element }) => `${name}: ${element}`)).toEqual([
      "best: i32",
      "scaled: f32",
    ]);
    expect(JSON.parse(JSON.stringify(artifact))).toEqual(artifact);
  });

  test("gives the same bytes for the same input", () => {
    expect(JSON.stringify(compile(request))).toBe(JSON.stringify(compile(request)));
  });

  test("takes a URL, and throws diagnostics", () => {
    const wrong = () => compile({ ...request, file: pathToFileURL(file), set: { scal: 3 } });
    expect(wrong).toThrow(CompileError);
    expect(wrong).toThrow("unknown-override");
    expect(() => compile({ ...request, file: "none.weft" })).toThrow(RuntimeFault);
  });
});

describe("load", () => {
  test("runs as often as one likes, on a device that stays open", async () => {
    for (const scale of [3, 4]) {
      const mode = await load<{ x: RealTensor }, RankOutputs>({
        ...request,
        set: { scale },
        device,
      });
      for (let turn = 0; turn < 2; turn += 1) {
        const { best, scaled } = await mode.run({ x });
        expect([...best.data]).toEqual([1, 0]);
        expect([...scaled.data]).toEqual([...x.data].map((value) => value * scale));
      }
      mode.dispose();
    }
  });

  test("reads inputs by name, and says which is wrong", async () => {
    const mode = await load<Record<string, RealTensor | string>, RankOutputs>({
      ...request,
      device,
    });
    expect((await mode.run({ x: "random:1" })).scaled.shape).toEqual([2, 3]);
    await expect(mode.run({ y: x })).rejects.toThrow("`y`");
    await expect(mode.run({ x: { ...x, shape: [3, 2] } })).rejects.toThrow("[B = 2, N = 3]");
    mode.dispose();
  });

  test("takes numbers as they are at hand", async () => {
    const mode = await load<Record<string, unknown>, RankOutputs>({ ...request, device });
    const expected = [1, 5, 2, 9, 8, 7].map((value) => 2 * value);
    for (const own of [x.data, Int16Array.from(x.data), { data: x.data, shape: [2, 3] }]) {
      const { best, scaled } = await mode.run({ x: own });
      expect([[...best.data], [...scaled.data]]).toEqual([[1, 0], expected]);
    }
    await expect(mode.run({ x: new Float32Array(5) })).rejects.toMatchObject({
      code: "wrong-shape",
    });
    await expect(mode.run({ x: undefined })).rejects.toMatchObject({ code: "input-missing" });
    await expect(mode.run({ X: x, x })).rejects.toMatchObject({ code: "input-unknown" });
    const sede = { sede: 1 } as object;
    await expect(mode.run({ x }, sede)).rejects.toMatchObject({ code: "option-unknown" });
    await expect(mode.profile({ x }, 0)).rejects.toMatchObject({ code: "option-invalid" });
    mode.dispose();
  });

  test("times its kernels", async () => {
    const mode = await load<{ x: RealTensor }, RankOutputs>({ ...request, device });
    const report = await mode.profile({ x }, 2);
    expect(report.kernels.length).toBeGreaterThan(0);
    expect(report.totalMs).toBeGreaterThan(0);
    expect(profileText(report)).toContain("GFLOP/s");
    mode.dispose();
  });
});
