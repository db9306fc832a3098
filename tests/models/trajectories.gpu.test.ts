import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, train, writeSafetensors } from "../../compiler/api/library.ts";
import type { Device } from "../../runtime/device/device.ts";
import { oracle } from "../support/gradient-cases.ts";
import { readDoubles } from "../support/models/double-tensors.ts";
import { openTestDevice } from "../support/open-test-device.ts";

/** One of PyTorch's runs, as `runs.json` says how it was made. */
interface OfficialRun {
  readonly opt: "adamw" | "sgd";
  readonly lr: number;
  readonly wd: number;
  readonly betas?: readonly [number, number];
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly clip?: number;
  readonly no_decay?: readonly string[];
  readonly lr_scale?: Readonly<Record<string, number>>;
  readonly schedule?: { readonly warmup: number; readonly total: number };
  readonly lr_of_w_per_step: readonly number[];
  readonly total_grad_norm_per_step?: readonly number[];
}

const optim = join(oracle, "optim");
const isHere = existsSync(optim);
const runs: Readonly<Record<string, OfficialRun>> = isHere
  ? JSON.parse(readFileSync(join(optim, "runs.json"), "utf8")).runs
  : {};
/** Gradients of three tensors before and after they were clipped together. */
const clips: Readonly<Record<string, { readonly max_norm: number; readonly total_norm: number }>> =
  isHere ? JSON.parse(readFileSync(join(optim, "clip.json"), "utf8")) : {};
const names = ["w", "b", "s"] as const;
const steps = 20;
const folder = mkdtempSync(join(tmpdir(), "weft-trajectories-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Three parameters whose gradients are what the record says. */
function stageOf(body: string): string {
  return `
import { AdamW, Sgd } from "std/optimizers"
import { cosine } from "std/schedules"

model Given {
  axis R = 4
  axis C = 3
  param w: f32[R, C] = 0.0
  param b: f32[R] = 0.0
  param s: f32[] = 0.0
  mode norm() -> f32[] { sum{R, C}(w ^ 2) + sum{R}(b ^ 2) + s ^ 2 }
}

stage learn of Given(gw: f32[R, C], gb: f32[R], gs: f32[]) {
${body}
  loss {
    sum{R, C}(w * gw) + sum{R}(b * gb) + s * gs
  }
}
`;
}

function textOf(run: OfficialRun): string {
  const { opt, lr, wd, betas, momentum, nesterov = true, clip, schedule } = run;
  const { no_decay: spared = [], lr_scale: scales = {} } = run;
  const groups = names.map((name) => `  train ${name} at lr ${lr * (scales[name] ?? 1)}`);
  return stageOf(
    [
      ...groups,
      `  decay ${wd}${spared.length === 0 ? "" : ` except ${spared.join(", ")}`}`,
      opt === "adamw"
        ? `  optimizer AdamW(beta1: ${betas?.[0]}, beta2: ${betas?.[1]})`
        : `  optimizer Sgd(momentum: ${momentum}, nesterov: ${nesterov})`,
      ...(schedule === undefined ? [] : [`  schedule cosine(warmup: ${schedule.warmup})`]),
      ...(clip === undefined ? [] : [`  clip ${clip}`]),
      `  steps ${schedule?.total ?? steps}`,
    ].join("\n"),
  );
}

function clippedText(most: number): string {
  return `
import { Sgd } from "std/optimizers"

model Given {
  axis R = 5
  axis C = 4
  axis D = 7
  param a: f32[R, C] = 0.0
  param b: f32[D] = 0.0
  param c: f32[] = 0.0
  mode norm() -> f32[] { sum{R, C}(a ^ 2) + sum{D}(b ^ 2) + c ^ 2 }
}

stage clipped of Given(ga: f32[R, C], gb: f32[D], gc: f32[]) {
  train everything else at lr 1.0
  optimizer Sgd()
  clip ${most}
  steps 1
  loss {
    sum{R, C}(a * ga) + sum{D}(b * gb) + c * gc
  }
}
`;
}

function linesOf(run: string): readonly Record<string, number>[] {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** Within 1e-6, of the number itself where it is large. */
function expectNear(found: ArrayLike<number>, right: ArrayLike<number>, what: string): void {
  expect(found.length, what).toBe(right.length);
  for (let n = 0; n < right.length; n++) {
    const error = Math.abs((found[n] ?? Number.NaN) - (right[n] ?? 0));
    expect(error / Math.max(1, Math.abs(right[n] ?? 0)), `${what}, number ${n}`).toBeLessThan(1e-6);
  }
}

describe.skipIf(!isHere)("training against PyTorch on lavapipe", () => {
  let device: Device | undefined;
  const official = isHere ? readDoubles(join(optim, "trajectories.safetensors")) : () => [];
  const weights = join(folder, "init.safetensors");
  const batches = join(folder, "batches.safetensors");

  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
    const shapes = { w: [4, 3], b: [4], s: [] };
    const read = (prefix: string, first: readonly number[]) =>
      names.map((name) => {
        const data = Float32Array.from(official(`${prefix}.${name}`));
        return { element: "f32", shape: [...first, ...shapes[name]], data } as const;
      });
    const [w, b, s] = read("init", []);
    if (w && b && s) writeSafetensors(weights, { w, b, s });
    const [gw, gb, gs] = read("grad", [steps]);
    if (gw && gb && gs) writeSafetensors(batches, { gw, gb, gs });
  });
  afterAll(() => device?.dispose());

  test.each(Object.keys(clips))("clipped, %s: one step of given gradients", async (name) => {
    const clip = clips[name];
    if (device === undefined || clip === undefined) return;
    const given = readSafetensors(join(optim, "clip.safetensors"));
    const tensor = (when: string, one: string) => given[`${name}.${when}.${one}`];
    const records = ["a", "b", "c"].map((one) => {
      const before = tensor("before", one);
      return [`g${one}`, before && { ...before, shape: [1, ...before.shape] }] as const;
    });
    const own = join(folder, `${name}.safetensors`);
    writeSafetensors(own, Object.fromEntries(records) as Parameters<typeof writeSafetensors>[1]);
    const out = join(folder, `clip-${name}`);
    const file = { text: clippedText(clip.max_norm) };
    for await (const _ of await train({ file, stage: "clipped", batches: own, out, device }));
    const found = readSafetensors(join(out, "checkpoints", "step-1", "weights.safetensors"));
    for (const one of ["a", "b", "c"]) {
      // From 0, against the gradient, at the rate 1.
      const right = [...(tensor("after", one)?.data ?? [])].map((value) => -value);
      expectNear(found[one]?.data ?? [], right, one);
    }
    expectNear([linesOf(out)[0]?.norm ?? Number.NaN], [clip.total_norm], "norm");
  });

  test.each(Object.keys(runs))("%s: every step, and the moments behind the last", async (name) => {
    const run = runs[name];
    if (device === undefined || run === undefined) return;
    const out = join(folder, name);
    const file = { text: textOf(run) };
    const request = { file, stage: "learn", weights, batches, out, device, saveEvery: 1, keep: 99 };
    for await (const event of await train(request)) expect(event.kind).not.toBe("warning");
    const right = Object.fromEntries(
      names.map((one) => [one, official(`${name}.f64.${one}`)] as const),
    );
    const filesOf = (step: number) => join(out, "checkpoints", `step-${step}`);
    for (let step = 1; step <= steps; step++) {
      const found = readSafetensors(join(filesOf(step), "weights.safetensors"));
      for (const one of names) {
        const data = found[one]?.data ?? [];
        const own = right[one]?.slice(step * data.length, (step + 1) * data.length) ?? [];
        expectNear(data, own, `${one} behind step ${step}`);
      }
    }
    const moments =
      run.opt === "adamw" ? { m: "exp_avg", v: "exp_avg_sq" } : { velocity: "momentum_buffer" };
    const kept = readSafetensors(join(filesOf(steps), "optimizer.safetensors"));
    for (const [moment, theirs] of Object.entries(moments))
      for (const one of names) {
        const key = `${moment}.${one}`;
        expectNear(kept[key]?.data ?? [], official(`${name}.f64.${theirs}.${one}`), key);
      }
    expect(kept.step?.data[0]).toBe(steps);
    const lines = linesOf(out);
    expectNear(
      lines.map(({ lr = Number.NaN }) => lr * run.lr),
      run.lr_of_w_per_step,
      "lr",
    );
    const norms = run.total_grad_norm_per_step;
    if (norms !== undefined)
      expectNear(
        lines.map(({ norm = Number.NaN }) => norm),
        norms,
        "norm",
      );
  });
});
