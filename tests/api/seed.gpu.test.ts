import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../compiler/api/library.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-seed-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "noise.weft");
writeFileSync(
  file,
  `model Noise {
  axis N = 4
  mode noise(x: f32[N]) -> f32[N] {
    x + random.uniform{N}()
  }
}
`,
);

const x = { element: "f32" as const, shape: [4], data: new Float32Array(4) };
type Output = { readonly output: { readonly data: Float32Array } };

describe.each(testDrivers)("a mode with random numbers on %s", (driver) => {
  test("draws by the seed of the run, 0 where none is given", async (context) => {
    const device = await openTestDevice(driver);
    if (device === undefined) return context.skip(`there is no ${driver}`);
    const mode = await load<object, Output>({ file, model: "Noise", mode: "noise", device });
    try {
      const drawn = async (seed?: number) => [...(await mode.run({ x }, { seed })).output.data];
      const first = await drawn();
      expect(first.every((value) => value >= 0 && value < 1)).toBe(true);
      expect(new Set(first).size).toBe(4);
      expect(await drawn(0)).toEqual(first);
      expect(await drawn(7)).not.toEqual(first);
      expect(await drawn(7)).toEqual(await drawn(7));
    } finally {
      mode.dispose();
      device.dispose();
    }
  });

  test("and of the command line", async (context) => {
    const device = await openTestDevice(driver);
    if (device === undefined) return context.skip(`there is no ${driver}`);
    device.dispose();
    const run = async (...more: readonly string[]) => {
      const given = ["--mode", "noise", "--in", "x=random:0", "--device", driver, "--json"];
      const { exitCode, stdout } = await runWeft(["run", file, ...given, ...more]);
      expect(exitCode).toBe(0);
      return (JSON.parse(stdout) as { readonly outputs: unknown }).outputs;
    };
    const first = await run();
    expect(await run("--seed", "0")).toEqual(first);
    expect(await run("--seed", "7")).not.toEqual(first);
    expect((await runWeft(["run", file, "--mode", "noise", "--seed", "x"])).exitCode).toBe(2);
  });
});
