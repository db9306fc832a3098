import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const [inf, none] = [Number.POSITIVE_INFINITY, Number.NaN];
const entry = "tests/samples/special-values.weft";

/** Mode, inputs, and what NumPy gives for them. */
const cases = [
  ["infinite", [1, -2, 0, none], [inf, -inf, none, none]],
  ["overflowing", [1, -2, 0.5, none], [inf, -inf, inf, none]],
  ["too_large", [1, -2, 0.5, none], [inf, -inf, inf, none]],
  ["missing", [1, inf, 0, none], [none, none, none, none]],
  ["unlucky", [1, inf, 0, none], [none, none, none, none]],
  ["halves", [65504, 65520, 70000, -1e6], [65504, inf, inf, -inf]],
  ["half", [1, -1, 2, none], [inf, -inf, inf, none]],
  ["unequal", [none, 1, inf, 0], [1, 0, 0, 0]],
  ["asked", [none, 1, inf, 0], [1, 0, 0, 0]],
  ["finite", [none, 1, inf, -inf], [0, 1, 0, 0]],
  ["remainder", [3, -1, 0, inf], [3, inf, 0, none]],
  ["positive", [none, -1, inf, -inf], [none, 0, inf, 0]],
  ["bounded", [none, -3, inf, -inf], [none, -1, 1, -1]],
  ["logarithm", [0, -1, none, inf], [-inf, none, none, inf]],
  ["even", [0.5, 1.5, 2.5, -0.5], [0, 2, 2, -0]],
  ["bits", [0, 1000, -1, -256], [0, 284, -256, -128]],
] as const;

describe.each(testDrivers)("numbers that are none on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test.for(cases)("%s", async ([mode, input, wanted], context) => {
    if (device === undefined) return context.skip("there is no such driver");
    const loader = diskLoader(process.cwd());
    const profile = deviceProfile(device);
    const result = compile({ entry, model: "Special", mode, loader, profile });
    if (result.artifact === undefined) throw new Error(renderDiagnostics(result.diagnostics));
    const session = await Session.create(result.artifact, device, "random:0");
    const x =
      mode === "bits"
        ? ({ element: "i32", shape: [4], data: Int32Array.from(input) } as const)
        : ({ element: "f32", shape: [4], data: Float32Array.from(input) } as const);
    const { output } = await session.run({ x });
    session.dispose();
    expect([...(output?.data ?? [])].map((value) => value + 0)).toEqual(
      wanted.map((value) => value + 0),
    );
  });
});
