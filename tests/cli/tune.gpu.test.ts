import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { applyChoice } from "../../compiler/5-schedule/choose/choose-schedule.ts";
import { tuningTasks } from "../../compiler/5-schedule/choose/tuning-candidates.ts";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { readTunedFile, tunedFile, writeTunedFile } from "../../compiler/api/load/tuned-file.ts";
import { tunedProfile } from "../../compiler/api/load/tuned-profile.ts";
import { tuneKernels } from "../../compiler/tune/tune-kernels.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import type { TestGpu } from "../support/gpu.ts";
import { expectLikeInterpreter, regardlessOfSize } from "../support/kernels/compare-kernel.ts";
import { richContraction } from "../support/kernels/sample-contractions.ts";
import { attention, contraction, type SampleKernel } from "../support/kernels/sample-kernels.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-tune-gpu-"));
const before = process.env.WEFT_CACHE;
let device: Device | undefined;
beforeAll(async () => {
  process.env.WEFT_CACHE = join(folder, "cache");
  device = await openTestDevice("lavapipe");
  if (device === undefined) console.log("skipped: tuning, there is no lavapipe");
});
afterEach(() => rmSync(join(folder, "cache", "tuned"), { recursive: true, force: true }));
afterAll(() => {
  device?.dispose();
  if (before === undefined) delete process.env.WEFT_CACHE;
  else process.env.WEFT_CACHE = before;
  rmSync(folder, { recursive: true, force: true });
});

/** Odd sizes: no tile is full. What a device takes at run time are other sizes of one bucket. */
const samples: Readonly<Record<string, readonly SampleKernel[]>> = {
  "a product": [contraction(37, 65, 44, { epilogue: true })],
  "a product of few rows": [contraction(3, 40, 35), contraction(7, 64, 36)],
  "products of one operand, with statistics": [richContraction(19, 33, 36)],
  "an attention": [attention(1, 2, 21, 20, { mask: "causal" })],
  "an attention of few queries": [attention(1, 3, 2, 16, { keys: 45 })],
};

describe("every candidate is right", () => {
  for (const [name, own] of Object.entries(samples)) {
    test(`for ${name}`, async (context) => {
      if (device === undefined) return context.skip("there is no lavapipe");
      const profile = deviceProfile(device);
      const gpu: TestGpu = { device: device.gpu, profile, instance: device.instance };
      const used = new Set<string>();
      for (const sample of own) {
        const { kernel, tensors } = sample;
        const wide = regardlessOfSize(profile);
        for (const schedule of schedulesOf(kernel.engine.kind)) {
          for (const numbers of schedule.tuning?.candidates(kernel, wide) ?? []) {
            const choice = { schedule: schedule.name, numbers };
            const scheduled = applyChoice(kernel, tensors, wide, () => undefined, choice);
            if ("because" in scheduled) continue;
            used.add(JSON.stringify(choice));
            await expectLikeInterpreter(gpu, sample, scheduled);
          }
        }
      }
      expect(used.size).toBeGreaterThan(3);
    });
  }
});

test("tuning measures, and leaves a choice only where one is faster", async (context) => {
  if (device === undefined) return context.skip("there is no lavapipe");
  const { kernel, tensors } = contraction(64, 64, 64);
  const tasks = tuningTasks({ kernels: [kernel], tensors, steps: [] }).map((task) => ({
    ...task,
    tensors,
  }));
  const heard: number[] = [];
  const [tuned, ...more] = await tuneKernels({
    tasks,
    device,
    profile: deviceProfile(device),
    rates: { gigabytesPerSecond: 5, gflops: 50, dispatchMicroseconds: 20 },
    budgetMs: 60_000,
    timing: { warmups: 1, runs: 1 },
    onMeasured: (done) => void heard.push(done),
  });
  expect(more).toEqual([]);
  expect(heard).toEqual(tuned?.candidates.map((_, n) => n + 1));
  for (const { microseconds } of tuned?.candidates ?? []) expect(microseconds).toBeGreaterThan(0.1);
  const [own] = tuned?.candidates ?? [];
  const { winner } = tuned ?? {};
  if (winner !== undefined) expect(winner.microseconds).toBeLessThan(own?.microseconds ?? 0);
});

test("without time nothing is measured", async (context) => {
  if (device === undefined) return context.skip("there is no lavapipe");
  const { kernel, tensors } = contraction(64, 64, 64);
  const tasks = tuningTasks({ kernels: [kernel], tensors, steps: [] }).map((task) => ({
    ...task,
    tensors,
  }));
  const rates = { gigabytesPerSecond: 5, gflops: 50, dispatchMicroseconds: 20 };
  const profile = deviceProfile(device);
  expect(await tuneKernels({ tasks, device, profile, rates, budgetMs: 0 })).toEqual([]);
});

test("weft bench --tune leaves a file that later runs take", async (context) => {
  if (device === undefined) return context.skip("there is no lavapipe");
  const path = tunedFile(device);
  const gemm = ["bench", "--device", "lavapipe", "--gemm", "33x64x64"];
  const { exitCode, stdout } = await runWeft([...gemm, "--tune", "--budget", "20", "--json"]);
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout) as { file: string; kernels: { key: string }[] };
  expect(report.file).toBe(path);
  expect(existsSync(path)).toBe(true);
  const key = "contract <=64x64x64 of f32 by f32 weights by inner to f32";
  expect(report.kernels.map((kernel) => kernel.key)).toEqual([key]);
  const entry = {
    schedule: "contract-direct",
    numbers: {},
    microseconds: 1,
    heuristicMicroseconds: 2,
  };
  const other = { schedule: "contract-broadcast", numbers: { rows: 8, unroll: 1 } };
  for (const choice of [entry, { ...entry, ...other }]) {
    writeTunedFile(device, { [key]: choice });
    expect(tunedProfile(device).tuned).toEqual({ [key]: choice });
    expect(tunedProfile(device, "none").tuned).toBeUndefined();
    const run = await runWeft([...gemm, "--json", "--runs", "1"]);
    expect(run.stderr).toContain("1 tuned choices");
    expect(JSON.parse(run.stdout).reports[0].kernels[0].schedule).toBe(choice.schedule);
  }
  const shipped = join(folder, "shipped.json");
  writeFileSync(shipped, readFileSync(path));
  rmSync(path);
  const given = await runWeft([...gemm, "--json", "--runs", "1", "--tuned", shipped]);
  expect(JSON.parse(given.stdout).reports[0].kernels[0].schedule).toBe("contract-broadcast");
});

test("a file that is spoilt or of another adapter is passed over aloud", async (context) => {
  if (device === undefined) return context.skip("there is no lavapipe");
  const path = tunedFile(device);
  writeTunedFile(device, {});
  const whole = readFileSync(path, "utf8");
  for (const text of [whole.slice(0, 20), whole.replace(/"key": "[^"]*"/, '"key": "other"')]) {
    writeFileSync(path, text);
    expect(readTunedFile(device)).toHaveProperty("problem");
    expect(tunedProfile(device).tuned).toBeUndefined();
    const gemm = ["bench", "--device", "lavapipe", "--gemm", "8x8x8", "--runs", "1"];
    const { exitCode, stderr } = await runWeft(gemm);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/warning: the tuned table .* is not used: it/);
  }
  const absent = await runWeft([
    "bench",
    "--gemm",
    "8x8x8",
    "--tuned",
    join(folder, "absent.json"),
  ]);
  expect(absent.exitCode).toBe(1);
  expect(absent.stderr).toContain("there is no file");
});
