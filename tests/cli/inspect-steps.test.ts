import { join } from "node:path";
import { expect, test } from "vitest";
import type { InspectReport } from "../../compiler/cli/report/inspect/inspect-report.ts";
import { runWeft } from "../support/texts/run-weft.ts";

test("inspect shows what each step costs, at the sizes that are asked for by its name", async () => {
  const steps = ["prefill:N=16", "prefill:N=32", "decode"].flatMap((step) => ["--step", step]);
  const file = ["models/llama/llama.weft", "--model", "Llama_tiny", "--mode", "generate"];
  const root = join(import.meta.dirname, "..", "..");
  const { stdout } = await runWeft(["inspect", ...file, ...steps, "--json"], root);
  const report = JSON.parse(stdout) as InspectReport;
  expect(report.steps.map(({ step, sizes }) => [step, sizes])).toEqual([
    ["prefill", { B: 1, N: 16 }],
    ["prefill", { B: 1, N: 32 }],
    ["decode", { B: 1 }],
  ]);
  const [short, long, decode] = report.steps;
  expect((long?.macs ?? 0) > 2 * (short?.macs ?? 0)).toBe(true);
  expect((short?.macs ?? 0) > 10 * (decode?.macs ?? 0)).toBe(true);
  expect(report.steps.reduce((sum, { dispatches }) => sum + dispatches, 0)).toBe(report.dispatches);
  // Keys and values of 4 layers with 128 slots of 64 numbers, and a length.
  expect(report.stateBytes).toBe(2 * 4 * 128 * 64 * 4 + 256);
  for (const { activationBytes } of report.steps) {
    expect(activationBytes).toBeGreaterThan(0);
    expect(activationBytes).toBeLessThanOrEqual(report.activationBytes);
  }
  const text = await runWeft(["inspect", ...file], root);
  expect(text.stdout).toMatch(/step +decode with B = 1/);
  const wrong = await runWeft(["inspect", ...file, "--step", "decod"], root);
  expect(wrong.stderr).toContain("unknown-step");
});
