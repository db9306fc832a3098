import { expect, test } from "vitest";
import { relateClocks } from "../../runtime/execute/relate-clocks.ts";
import { durationMs, median, timestampStep, typicalMs } from "../../runtime/execute/timestamps.ts";
import { inOrder } from "../../runtime/execute/trace-run.ts";

const pass = (begin: number, end: number) => ({ begin: BigInt(begin), end: BigInt(end) });

test("the step of a clock is found from its stamps", () => {
  expect(timestampStep([])).toBe(0);
  expect(timestampStep([pass(700, 700)])).toBe(0);
  expect(
    timestampStep([pass(1_000_000_007, 1_000_000_010), pass(1_000_000_015, 1_000_000_023)]),
  ).toBe(1);
  // Rounded to 100 us, from an origin that is no multiple of it.
  const rounded = [pass(12_345, 112_345), pass(112_345, 112_345), pass(312_345, 812_345)];
  expect(timestampStep(rounded)).toBe(100_000);
  expect(durationMs(pass(5, 1_000_005))).toBe(1);
  expect(durationMs(pass(9, 3))).toBe(0);
});

test("a coarse clock still tells the mean of many short dispatches", () => {
  // A dispatch of 30 us, seen by a clock of 100 us at forty phases.
  const stepNs = 100_000;
  const samples = Array.from({ length: 40 }, (_, run) => {
    const begin = 1_000_000 + run * 2_500;
    const seen = (stamp: number) => Math.floor(stamp / stepNs) * stepNs;
    return durationMs(pass(seen(begin), seen(begin + 30_000)));
  });
  expect(median(samples)).toBe(0);
  expect(typicalMs(samples, stepNs)).toBeCloseTo(0.03, 6);
  // Where the steps are small against the times an outlier must not count.
  expect(typicalMs([10, 10.1, 9.9, 10, 99], stepNs)).toBe(10);
  expect(typicalMs([], 0)).toBe(0);
});

test("clocks are related within what every bracket allows", () => {
  // The device's zero is at 250 ms on the CPU's clock; work reaches it late and is seen late.
  const bracket = (startMs: number, delayMs: number, workMs: number, backMs: number) => ({
    cpuStartMs: startMs,
    cpuEndMs: startMs + delayMs + workMs + backMs,
    deviceStartNs: BigInt((startMs + delayMs - 250) * 1e6),
    deviceEndNs: BigInt((startMs + delayMs + workMs - 250) * 1e6),
  });
  const { toCpuMs, uncertaintyMs } = relateClocks([
    bracket(300, 5, 40, 8),
    bracket(400, 0.25, 0, 3),
    bracket(410, 2, 0, 0.5),
  ]);
  expect(Math.abs(toCpuMs(0n) - 250)).toBeLessThanOrEqual(uncertaintyMs);
  expect(uncertaintyMs).toBeCloseTo(0.375, 9);
  expect(toCpuMs(20_000_000n) - toCpuMs(10_000_000n)).toBeCloseTo(10, 9);
  // A bracket that contradicts must not move the run's own dispatches out of the run.
  const run = bracket(300, 1, 40, 1);
  const drifted = relateClocks([
    run,
    { ...bracket(400, 0, 0, 0), deviceStartNs: 0n, deviceEndNs: 0n },
  ]);
  expect(drifted.toCpuMs(run.deviceStartNs)).toBeGreaterThanOrEqual(300);
  expect(drifted.toCpuMs(run.deviceEndNs)).toBeLessThanOrEqual(342);
  expect(drifted.uncertaintyMs).toBeGreaterThan(10);
});

test("dispatches are drawn one behind the other and within their run", () => {
  const interval = (startMs: number, endMs: number) => ({ startMs, endMs });
  const drawn = inOrder(
    [interval(9, 12), interval(11, 14), interval(14, 14), interval(13, 13.5), interval(18, 30)],
    interval(10, 20),
  );
  expect(drawn).toEqual([
    interval(10, 12),
    interval(12, 14),
    interval(14, 14),
    interval(14, 14),
    interval(18, 20),
  ]);
});
