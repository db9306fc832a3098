import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StepRun } from "../support/graphs/run-steps.ts";
import { readDoubles } from "../support/models/double-tensors.ts";
import { elaborateText } from "../support/texts/check-text.ts";

const oracle = join(import.meta.dirname, "..", "..", "..", "shared", "oracle", "optim");
const parameters = ["w", "b", "s"] as const;
type Named = Readonly<Record<(typeof parameters)[number], readonly number[]>>;

/** Three tensors with an optimizer each, as a stage would have them; `decayed` are those that decay. */
function optimizerRun(optimizer: string, decayed: Readonly<Record<string, number>>): StepRun {
  const text = `import { AdamW, Lamb, Lion, Sgd } from "std/optimizers"
model M {
  axis R = 4
  axis C = 3
  use of_w, of_b, of_s = ${optimizer}
  mode update(
    w: f32[R, C], b: f32[R], s: f32[], gw: f32[R, C], gb: f32[R], gs: f32[],
    step: f32[], lw: f32[], lb: f32[], ls: f32[]
  ) -> (w: f32[R, C], b: f32[R], s: f32[]) {
    (
      of_w.update(w, gw, step, lw, decay: ${decayed.w ?? 0}),
      of_b.update(b, gb, step, lb, decay: ${decayed.b ?? 0}),
      of_s.update(s, gs, step, ls, decay: ${decayed.s ?? 0})
    )
  }
}`;
  const unused = ["AdamW", "Lamb", "Lion", "Sgd"].filter((name) => !optimizer.startsWith(name));
  const kept = unused.reduce(
    (left, name) => left.replace(new RegExp(`(, )?\\b${name}\\b`), ""),
    text,
  );
  const { mode, diagnostics } = elaborateText(kept.replace("{ , ", "{ "), "M", "update");
  if (mode === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return new StepRun(mode);
}

interface Step {
  readonly gradients: Named;
  /** From 1. */
  readonly step: number;
  readonly rates: Readonly<Record<string, number>>;
}

function updated(run: StepRun, now: Named, { gradients, step, rates }: Step): Named {
  const {
    w = [],
    b = [],
    s = [],
  } = run.call("update", {
    ...now,
    gw: gradients.w,
    gb: gradients.b,
    gs: gradients.s,
    step: [step],
    lw: [rates.w ?? 0],
    lb: [rates.b ?? 0],
    ls: [rates.s ?? 0],
  });
  return { w, b, s };
}

/** Every number within 1e-6 of the largest of them. */
function expectNear(found: readonly number[], wanted: readonly number[], what: string): void {
  expect(found.length, what).toBe(wanted.length);
  const bound = 1e-6 * Math.max(...wanted.map(Math.abs), 1e-12);
  for (const [n, x] of found.entries())
    expect(Math.abs(x - (wanted[n] ?? Number.NaN)), `${what}[${n}]`).toBeLessThanOrEqual(bound);
}

interface Run {
  readonly opt: "adamw" | "sgd";
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly wd: number;
  readonly clip?: number;
  readonly lr_scale?: Readonly<Record<string, number>>;
  readonly no_decay?: readonly string[];
  readonly lr_of_w_per_step?: readonly number[];
}

/** `adamw_stage2` and so on, read where they are. */
function runs(): readonly (readonly [string, Run])[] {
  const path = join(oracle, "runs.json");
  if (!existsSync(path)) return [];
  return Object.entries(
    (JSON.parse(readFileSync(path, "utf8")) as { runs: Record<string, Run> }).runs,
  );
}

const isPresent = existsSync(oracle);
if (!isPresent) console.log("skipped: ../shared/oracle is absent, trajectories are not compared");

describe.skipIf(!isPresent)("PyTorch's optimizers, step by step in float64", () => {
  test.each(runs())("%s", (name, run) => {
    const tensor = readDoubles(join(oracle, "trajectories.safetensors"));
    const [beta1, beta2] = run.betas ?? [0, 0];
    const decayed = Object.fromEntries(
      parameters.map((one) => [one, run.no_decay?.includes(one) ? 0 : run.wd]),
    );
    const optimizer =
      run.opt === "adamw"
        ? `AdamW(beta1: ${beta1}, beta2: ${beta2})`
        : `Sgd(momentum: ${run.momentum}, nesterov: ${run.nesterov ?? true})`;
    const state = optimizerRun(optimizer, decayed);
    const at = (prefix: string, step: number): Named => {
      const row = (one: string, width: number) =>
        tensor(`${prefix}.${one}`).slice(step * width, (step + 1) * width);
      return { w: row("w", 12), b: row("b", 4), s: row("s", 1) };
    };
    let now: Named = { w: tensor("init.w"), b: tensor("init.b"), s: tensor("init.s") };
    for (let step = 0; step < 20; step++) {
      const raw = at("grad", step);
      const norm = Math.hypot(...raw.w, ...raw.b, ...raw.s);
      const factor = run.clip === undefined ? 1 : Math.min(1, run.clip / (norm + 1e-6));
      const clipped = (one: readonly number[]): readonly number[] => one.map((x) => x * factor);
      const gradients = { w: clipped(raw.w), b: clipped(raw.b), s: clipped(raw.s) };
      const rate = run.lr_of_w_per_step?.[step] ?? run.lr;
      const rates = Object.fromEntries(
        parameters.map((one) => [one, rate * (run.lr_scale?.[one] ?? 1)]),
      );
      now = updated(state, now, { gradients, step: step + 1, rates });
      const wanted = at(`${name}.f64`, step + 1);
      for (const one of parameters)
        expectNear(now[one], wanted[one], `${one} after step ${step + 1}`);
    }
    const moments =
      run.opt === "adamw" ? { m: "exp_avg", v: "exp_avg_sq" } : { velocity: "momentum_buffer" };
    for (const [ours, theirs] of Object.entries(moments)) {
      for (const one of parameters)
        expectNear(
          state.state(`of_${one}.${ours}`),
          tensor(`${name}.f64.${theirs}.${one}`),
          `${ours} of ${one}`,
        );
    }
  });
});

const start: Named = {
  w: Array.from({ length: 12 }, (_, n) => 0.25 * (n - 5)),
  b: [3, 0, 4, 0],
  s: [0],
};
const slope: Named = { w: start.w.map((x) => 0.5 - x), b: [1, -2, 0, 2], s: [0.5] };
const rates = { w: 0.1, b: 0.1, s: 0.1 };

test("Lamb goes as far as the parameter is long, and by the plain step where it is 0", () => {
  const run = optimizerRun("Lamb()", { w: 0.1, b: 0, s: 0 });
  const { w, b, s } = updated(run, start, { gradients: slope, step: 1, rates });
  const length = (x: readonly number[]): number => Math.hypot(...x);
  const moved = (from: readonly number[], to: readonly number[]) =>
    to.map((x, n) => x - (from[n] ?? 0));
  expect(length(moved(start.w, w))).toBeCloseTo(0.1 * length(start.w), 10);
  // The first step of Adam is the sign; two parts of b stand still, of three that move each goes as far.
  const far = (0.1 * 5) / Math.sqrt(3);
  for (const [n, x] of moved(start.b, b).entries())
    expect(x).toBeCloseTo([-far, far, 0, -far][n] ?? 0, 5);
  expect(s[0]).toBeCloseTo(-0.1, 6);
});

test("Lion goes by the sign of the mean and remembers by another one", () => {
  const run = optimizerRun("Lion()", { w: 0, b: 0.5, s: 0 });
  const first = updated(run, start, { gradients: slope, step: 1, rates });
  expect(first.b.map((x) => Number(x.toFixed(12)))).toEqual([2.75, 0.1, 3.8, -0.1]);
  expect(run.state("of_b.m").map((x) => Number(x.toFixed(12)))).toEqual([0.01, -0.02, 0, 0.02]);
  // 0.9 * 0.01 - 0.1 * 0.1 < 0: the new gradient turns the sign.
  const back: Named = { ...slope, b: [-0.1, 0, 0, 0] };
  const second = updated(run, first, { gradients: back, step: 2, rates });
  expect(second.b[0]).toBeCloseTo(2.75 * 0.95 + 0.1, 12);
});
