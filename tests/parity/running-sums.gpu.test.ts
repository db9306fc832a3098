import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { runText } from "../support/graphs/run-text.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

/** Running sums over a million elements, within 1e-6 of float64 relative to the sum of their sizes. */
const text = `
model Long {
  mode forward(x: f32[K, N]) -> (up: f32[K, N], down: f32[K, N]) {
    (cumsum{N}(x), cumsum{N}(x, exclusive: true, reverse: true))
  }
}
`;

const length = 1_000_000;
const next = generator(5);
const kinds: Readonly<Record<string, (n: number) => number>> = {
  "all the same": () => 0.1,
  "of both signs": () => 2 * next() - 1,
  "large ones that cancel": (n) => (n % 2 === 0 ? 1e6 : -1e6) + next(),
};

/** The farthest from float64, in sizes of what was added up. */
function worst(found: ArrayLike<number>, data: Float32Array, isReverse: boolean): number {
  let [total, size, most] = [0, 0, 0];
  for (let turn = 0; turn < data.length; turn++) {
    const n = isReverse ? data.length - 1 - turn : turn;
    const own = data[n] ?? 0;
    if (!isReverse) total += own;
    size += Math.abs(own);
    most = Math.max(most, Math.abs((found[n] ?? Number.POSITIVE_INFINITY) - total) / size);
    if (isReverse) total += own;
  }
  return most;
}

describe.each(testDrivers)("running sums on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test("of a million elements", async () => {
    if (device === undefined) return;
    const rows = Object.values(kinds).map((elementOf) =>
      Float32Array.from({ length }, (_, n) => elementOf(n)),
    );
    const data = Float32Array.from(rows.flatMap((row) => [...row]));
    const x = { element: "f32" as const, shape: [rows.length, length], data };
    const sizes = { K: rows.length, N: length };
    const { up, down } = await runText(device, text, { x }, { sizes });
    for (const [n, name] of Object.keys(kinds).entries()) {
      const [from, to] = [n * length, (n + 1) * length];
      const row = data.subarray(from, to);
      expect(worst(up?.data.subarray(from, to) ?? [], row, false), name).toBeLessThan(1e-6);
      expect(worst(down?.data.subarray(from, to) ?? [], row, true), name).toBeLessThan(1e-6);
    }
  });
});
