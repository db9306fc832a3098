import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Span } from "../../../runtime/execute/span.ts";
import { Meter } from "../../../runtime/train/step-metrics.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("a device that still has steps waits for nothing", async () => {
  const meter = new Meter(0);
  meter.submitted(1, after(100));
  const data = meter.waiting(after(60));
  await pass(60);
  await data;
  await pass(40);
  expect(meter.rates(10)).toMatchObject({ idle: 0, samplesPerSecond: 100 });
});

test("it waits from the end of its last step on", async () => {
  const spans: Span[] = [];
  const meter = new Meter(0, (span) => spans.push(span));
  meter.submitted(1, after(70));
  const data = meter.waiting(after(100));
  await pass(100);
  await data;
  expect(meter.rates(10).idle).toBe(0.3);
  expect(spans.map(({ name, startMs, endMs }) => [name, endMs - startMs])).toEqual([
    ["step 1", 70],
    ["waiting for records", 100],
  ]);
});

test("before its first step all of the time is waiting, and a step begins when the one before is done", async () => {
  const spans: Span[] = [];
  const meter = new Meter(0, (span) => spans.push(span));
  const data = meter.waiting(after(50));
  await pass(50);
  await data;
  expect(meter.rates(0).idle).toBe(1);
  meter.submitted(1, after(30));
  meter.submitted(2, after(50));
  await pass(50);
  expect(spans.slice(1).map(({ name, endMs, startMs }) => [name, endMs - startMs])).toEqual([
    ["step 1", 30],
    ["step 2", 20],
  ]);
});
