import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { runText } from "../support/graphs/run-text.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const hash = `
model Hash {
  mode mix(x: i32[N]) -> (raw: u32[N], half: u32[N], big: i32[N]) {
    let u = u32(x)
    (u * 2654435761, u div 2, i32(u > 2000000000))
  }
  mode same(x: u32[N], yes: bool[N]) -> (x: u32[N], shifted: i32[N], yes: bool[N], largest: u32[]) {
    (x + 0, i32(x), yes, max{N}(x))
  }
}
`;

describe.each(testDrivers)("whole numbers cross the border as they are, on %s", (driver) => {
  let device: Device | undefined;
  const folder = mkdtempSync(join(tmpdir(), "weft-whole-"));
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => {
    device?.dispose();
    rmSync(folder, { recursive: true });
  });

  test("u32 results are u32", async (context) => {
    if (device === undefined) return context.skip();
    const x: Tensor = { element: "i32", shape: [5], data: Int32Array.of(1, 2, 3, -1, -2) };
    const { raw, half, big } = await runText(device, hash, { x }, { mode: "mix", sizes: { N: 5 } });
    expect(raw).toEqual({
      element: "u32",
      shape: [5],
      data: Uint32Array.of(2654435761, 1013904226, 3668339987, 1640531535, 3281063070),
    });
    expect(half?.data).toEqual(Uint32Array.of(0, 1, 1, 2147483647, 2147483647));
    expect(big?.data).toEqual(Int32Array.of(0, 0, 0, 1, 1));
  });

  test("u32 inputs are u32, and other whole numbers where they fit", async (context) => {
    if (device === undefined) return context.skip();
    const yes: Tensor = { element: "bool", shape: [2], data: Int32Array.of(1, 0) };
    const x: Tensor = { element: "u32", shape: [2], data: Uint32Array.of(4294967295, 7) };
    const run = (inputs: Record<string, Tensor>) =>
      runText(device as Device, hash, inputs, { mode: "same", sizes: { N: 2 } });
    const found = await run({ x, yes });
    expect(found.x).toEqual(x);
    expect(found.shifted?.data).toEqual(Int32Array.of(-1, 7));
    expect(found.yes).toEqual(yes);
    expect(found.largest?.data).toEqual(Uint32Array.of(4294967295));
    const small: Tensor = { element: "i32", shape: [2], data: Int32Array.of(5, 7) };
    expect((await run({ x: small, yes })).x?.data).toEqual(Uint32Array.of(5, 7));
    const negative: Tensor = { element: "i32", shape: [2], data: Int32Array.of(5, -7) };
    await expect(run({ x: negative, yes })).rejects.toMatchObject({
      code: "wrong-element",
      message: "`x` holds -7 at [1] and the mode needs u32",
    });
    await expect(run({ x, yes: small })).rejects.toMatchObject({ code: "wrong-element" });
  });

  test("whole numbers and truth values fill no parameter of real numbers", async (context) => {
    if (device === undefined) return context.skip();
    const entry = "scaled.weft";
    const text =
      'import { constant } from "std/initializers"\n\nmodel Scaled {\n  axis N = 2\n  param w: [N] = constant(1.0)\n  mode forward(x: f32[N]) -> [N] { real(x) * w }\n}\n';
    const weights = join(folder, "w.safetensors");
    for (const element of ["i32", "bool"] as const) {
      writeSafetensors(weights, { w: { element, shape: [2], data: Int32Array.of(1, 0) } });
      const profile = deviceProfile(device);
      const loader = memoryLoader(entry, text);
      const request = { entry, loader, model: "Scaled", mode: "forward", profile };
      const { artifact, diagnostics } = compile({
        ...request,
        checkpoint: { config: undefined, tensors: { w: [2] } },
      });
      if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
      await expect(Session.create(artifact, device, weights)).rejects.toMatchObject({
        code: "tensor-unusable",
        message: `\`w\` in \`${weights}\` cannot be used: it holds ${element.toUpperCase()} and the parameter \`w\` real numbers`,
      });
    }
  });
});
