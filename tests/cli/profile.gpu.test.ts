import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { MeasuredLimits } from "../../runtime/device/device-limits.ts";
import { limitsFile, measureAgain, measuredLimits } from "../../runtime/device/measured-limits.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-profile-"));
process.env.WEFT_CACHE = join(folder, "cache");
afterAll(() => {
  delete process.env.WEFT_CACHE;
  rmSync(folder, { recursive: true, force: true });
});

describe.each(testDrivers)("the limits of a device on %s", (driver) => {
  test("are measured, kept in a file, and measured again when the file is spoilt", async () => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    try {
      const limits = await measuredLimits(device);
      // A software device on any machine: more than a slow core, less than a large GPU.
      expect(limits.gigabytesPerSecond).toBeGreaterThan(0.05);
      expect(limits.gigabytesPerSecond).toBeLessThan(10_000);
      expect(limits.gflops).toBeGreaterThan(0.1);
      expect(limits.gflops).toBeLessThan(100_000);
      expect(limits.dispatchMicroseconds).toBeGreaterThan(0.01);
      expect(limits.dispatchMicroseconds).toBeLessThan(100_000);
      const path = limitsFile(device, join(folder, "cache"));
      const written = JSON.parse(readFileSync(path, "utf8")) as MeasuredLimits;
      expect(written).toEqual({ adapter: device.name, ...limits });
      // What is kept is taken, however unlikely.
      writeFileSync(path, JSON.stringify({ ...written, gflops: 12345 }));
      expect((await measuredLimits(device)).gflops).toBe(12345);
      for (const spoilt of ["{", JSON.stringify({ ...written, gflops: "fast" })]) {
        writeFileSync(path, spoilt);
        expect((await measuredLimits(device)).gflops).not.toBe(12345);
        expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ adapter: device.name });
      }
    } finally {
      device.dispose();
    }
  });

  test("get better and never worse when they are measured again", async () => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    const other = join(folder, `again-${driver}`);
    try {
      const known = { gigabytesPerSecond: 1e9, gflops: 1e-9, dispatchMicroseconds: 1e-9 };
      const limits = await measureAgain(device, known, other);
      expect(limits).toMatchObject({ gigabytesPerSecond: 1e9, dispatchMicroseconds: 1e-9 });
      expect(limits.gflops).toBeGreaterThan(0.1);
      expect(await measuredLimits(device, other)).toEqual(limits);
    } finally {
      device.dispose();
    }
  });

  test("need no writable folder", async () => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    const file = join(folder, `a-file-${driver}`);
    writeFileSync(file, "no folder");
    try {
      expect((await measuredLimits(device, file)).gflops).toBeGreaterThan(0);
    } finally {
      device.dispose();
    }
  });
});

interface Report {
  readonly runs: number;
  readonly clock: string;
  readonly gflops: number;
  readonly deviceMs?: number;
  readonly totalMs: number;
  readonly limits: MeasuredLimits;
  readonly kernels: readonly {
    readonly gflops: number;
    readonly gigabytesPerSecond: number;
    readonly reached: {
      readonly bound: string;
      readonly share: number;
      readonly ofCompute: number;
      readonly ofBandwidth: number;
    };
  }[];
}

describe("weft bench", () => {
  test("holds every kernel against the limits of the device", async () => {
    const args = ["bench", "--gemm", "64x96x128", "--device", "software", "--runs", "1"];
    const { exitCode, stdout, stderr } = await runWeft([...args, "--json"], folder);
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    const { reports } = JSON.parse(stdout) as { reports: readonly Report[] };
    const [report] = reports;
    if (report === undefined) throw new Error("no report");
    const { limits, kernels } = report;
    for (const { gflops, gigabytesPerSecond, reached } of kernels) {
      expect(reached.ofCompute).toBeCloseTo(gflops / limits.gflops, 9);
      expect(reached.ofBandwidth).toBeCloseTo(gigabytesPerSecond / limits.gigabytesPerSecond, 9);
      expect(reached.share).toBe(Math.max(reached.ofCompute, reached.ofBandwidth));
      expect(reached.bound).toBe(
        reached.ofCompute >= reached.ofBandwidth ? "compute" : "bandwidth",
      );
    }
    // A product is timed often enough, whatever was asked for, and by the device where it can.
    expect(report.runs).toBe(5);
    const flops = 2 * 64 * 96 * 128;
    const timeMs = report.clock === "timestamps" ? report.deviceMs : report.totalMs;
    expect(report.gflops).toBeCloseTo(flops / (timeMs ?? 0) / 1e6, 6);
    const table = await runWeft(args, folder);
    expect(table.stdout).toMatch(/of limit/);
    expect(table.stdout).toMatch(/\d+(\.\d)? % (compute|bandwidth)/);
    expect(table.stdout).toMatch(/limits of the device, measured: [\d.]+ GFLOP\/s, [\d.]+ GB\/s/);
    expect(readdirSync(join(folder, "cache", "devices")).length).toBeGreaterThan(0);
  });
});
