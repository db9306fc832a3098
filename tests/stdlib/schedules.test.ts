import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StepRun } from "../support/graphs/run-steps.ts";
import { elaborateText } from "../support/texts/check-text.ts";

const path = join(
  import.meta.dirname,
  "..",
  "..",
  "..",
  "shared",
  "oracle",
  "optim",
  "schedules.json",
);

/** The factor of a schedule, as a stage would call it. */
function factorOf(call: string): (step: number) => number {
  const [name = ""] = call.split("(");
  const text = `import { ${name} } from "std/schedules"
model M {
  mode factor(step: f32[]) -> f32[] { ${call.replace("(", "(step, ")} }
}`;
  const { mode, diagnostics } = elaborateText(text, "M", "factor");
  if (mode === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const run = new StepRun(mode);
  return (step) => run.call("factor", { step: [step] }).output?.[0] ?? Number.NaN;
}

interface Recorded {
  readonly kind: "cosine_warmup" | "poly_warmup_mmseg" | "timm_cosine";
  readonly steps: readonly number[];
  readonly lr: readonly number[];
  readonly base_lr: number;
  readonly [setting: string]: unknown;
}

/** A recorded schedule as a stage would write it. */
function callOf(given: Recorded): string {
  const { base_lr: base } = given;
  switch (given.kind) {
    case "cosine_warmup":
      return `cosine(steps: ${given.total_steps}, warmup: ${given.warmup_steps})`;
    case "poly_warmup_mmseg":
      return `poly(steps: ${given.max_iters}, warmup: ${given.warmup_iters}, power: ${real(given.power)}, floor: ${real(Number(given.min_lr) / base)}, start: ${real(given.warmup_ratio)})`;
    case "timm_cosine":
      return `timm_cosine(steps: ${given.t_initial}, warmup: ${given.warmup_t}, floor: ${real(Number(given.lr_min) / base)}, start: ${real(Number(given.warmup_lr_init) / base)})`;
  }
}

function real(value: unknown): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const isPresent = existsSync(path);
if (!isPresent) console.log("skipped: ../shared/oracle is absent, recorded rates are not compared");
const recorded = isPresent
  ? Object.entries(JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, Recorded>>)
  : [];

describe.skipIf(!isPresent)("schedules of the official code", () => {
  test.each(recorded)("%s", (_, given) => {
    const factor = factorOf(callOf(given));
    for (const [n, step] of given.steps.entries()) {
      const wanted = given.lr[n] ?? Number.NaN;
      expect(Math.abs(given.base_lr * factor(step) - wanted), `step ${step}`).toBeLessThanOrEqual(
        1e-6 * Math.abs(wanted) + 1e-18,
      );
    }
  });
});

test.each([
  ["constant(warmup: 4)", [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1]],
  ["constant(warmup: 0)", [1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ["linear(steps: 8, warmup: 4)", [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0]],
  ["linear(steps: 8)", [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0]],
  ["linear(steps: 8, floor: 0.5)", [1, 0.9375, 0.875, 0.8125, 0.75, 0.6875, 0.625, 0.5625, 0.5]],
  [
    "poly(steps: 8, power: 2.0)",
    [1, 0.765625, 0.5625, 0.390625, 0.25, 0.140625, 0.0625, 0.015625, 0],
  ],
])("%s", (call, wanted) => {
  const factor = factorOf(call);
  expect(wanted.map((_, step) => factor(step))).toEqual(wanted);
});
