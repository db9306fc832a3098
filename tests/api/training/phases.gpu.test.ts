import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, train, writeSafetensors } from "../../../compiler/api/library.ts";
import type { TrainingOptions } from "../../../compiler/api/library-types.ts";
import type { Device } from "../../../runtime/device/device.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { steadyMetrics } from "../../support/runs/steady-metrics.ts";

const text = `
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
import { cosine } from "std/schedules"
import { bicubic } from "std/resample"

model Grid(side: int = 2) {
  axis Row = side
  axis Col = side
  axis Patch = (Row, Col)
  axis D = 8
  param position: [Patch, D] = 0.5
  use head = Linear<D, D>()
}

weights of_another_size of Grid {
  resample position over Row, Col with bicubic
}

stage grow of Grid(x: f32[B, Patch, D]) {
  train everything else at lr 0.01
  optimizer AdamW()
  schedule cosine(warmup: 1)
  ema 0.9
  batch 4 by 2
  loss {
    let y = head(dropout(real(x) + position, 0.2))
    mean{B, Patch, D}((f32(y) - x) ^ 2)
  }
  phase small until steps 3 {
    set side = 2
  }
  phase large until samples 28 {
    set side = 3
  }
}
`;

const folder = mkdtempSync(join(tmpdir(), "weft-phases-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "grow.weft");
writeFileSync(file, text);
const batches = Object.fromEntries(
  [2, 3].map((side) => {
    const shape = [4, 4, side * side, 8];
    const data = Float32Array.from({ length: 128 * side * side }, (_, n) => Math.sin(5 * n + side));
    const path = join(folder, `side-${side}.safetensors`);
    writeSafetensors(path, { x: { element: "f32", shape, data } });
    return [side === 2 ? "small" : "large", path] as const;
  }),
);

describe("a stage of two phases on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  const options = (out: string, more: Partial<TrainingOptions> = {}): TrainingOptions => ({
    file,
    stage: "grow",
    batches,
    out: join(folder, out),
    device,
    seed: 3,
    ...more,
  });

  test("is one run, with the bits of one left alone wherever it is broken off", async (context) => {
    if (device === undefined) return context.skip();
    const events = await eventsOf(options("whole"));
    const kinds = events.map(({ kind }) => kind).filter((kind) => kind !== "warning");
    expect(kinds).toEqual([
      "phase",
      ...["step", "step", "step", "checkpoint"],
      "phase",
      ...["step", "step", "step", "step", "checkpoint"],
      "done",
    ]);
    expect(events.filter(({ kind }) => kind === "phase")).toEqual([
      { kind: "phase", phase: "small", step: 0, until: 3 },
      { kind: "phase", phase: "large", step: 3, until: 7 },
    ]);
    const whole = join(folder, "whole");
    // Two warm-ups: each phase has a schedule of its own, over its own steps, but samples are counted on.
    const lines = steadyMetrics(whole);
    expect(lines.map(({ step, samples }) => [step, samples])).toEqual(
      Array.from({ length: 7 }, (_, n) => [n + 1, 4 * (n + 1)]),
    );
    expect(lines.map(({ lr }) => Number(Number(lr).toFixed(2)))).toEqual([
      0, 1, 0.5, 0, 1, 0.75, 0.25,
    ]);
    expect(stateOf(whole, 3)).toMatchObject({ step: 3, samples: 12, seed: 3, phase: "small" });
    expect(stateOf(whole, 7)).toMatchObject({ step: 7, samples: 28, phase: "large" });
    const { phases } = JSON.parse(readFileSync(join(whole, "run.json"), "utf8"));
    expect(phases).toMatchObject([
      { from: 0, to: 3, stage: { phase: "small" } },
      { from: 3, to: 7, stage: { phase: "large", begins: { resized: ["position"] } } },
    ]);
    expect(positionAt(whole, 3).shape).toEqual([4, 8]);
    expect(positionAt(whole, 7).shape).toEqual([9, 8]);
    for (const broken of [3, 5]) {
      const cut = `cut-${broken}`;
      await eventsOf(options(cut), broken);
      const resumed = await eventsOf(options(cut, { resume: true }));
      expect(resumed.at(-1)).toMatchObject({ kind: "done", step: 7, isComplete: true });
      expect(tensorFiles(join(folder, cut), 7), `broken off after ${broken}`).toEqual(
        tensorFiles(whole, 7),
      );
      expect(steadyMetrics(join(folder, cut))).toEqual(lines);
    }
  });

  test("trains one phase alone, and ends where it is told", async (context) => {
    if (device === undefined) return context.skip();
    const alone = await eventsOf(
      options("alone", { phase: "large", weights: join(folder, "whole") }),
    );
    expect(alone.at(-1)).toMatchObject({ step: 4, samples: 16 });
    const short = await eventsOf(options("short", { steps: 2 }));
    expect(short.at(-1)).toMatchObject({ step: 2, isComplete: true });
    const longer = await eventsOf(options("longer", { steps: 4 }));
    expect(longer.at(-1)).toMatchObject({ step: 4, isComplete: true });
    expect(stateOf(join(folder, "longer"), 4)).toMatchObject({ phase: "large" });
  });

  test("says which phase has no records", async (context) => {
    if (device === undefined) return context.skip();
    const wrong = options("wrong", { batches: { small: batches.small ?? "" } });
    await expect(train(wrong)).rejects.toMatchObject({
      code: "batches-unusable",
      message: expect.stringContaining("none is for phase `large`"),
    });
  });
});

/** Trains; with a number, until so many steps are done. */
async function eventsOf(options: TrainingOptions, steps?: number): Promise<readonly TrainEvent[]> {
  const events: TrainEvent[] = [];
  let looks = 0;
  const signal = {
    get aborted() {
      return steps !== undefined && looks++ >= steps;
    },
  };
  for await (const event of await train({ ...options, signal })) events.push(event);
  return events;
}

function checkpoint(run: string, step: number): string {
  return join(run, "checkpoints", `step-${step}`);
}

function stateOf(run: string, step: number): unknown {
  return JSON.parse(readFileSync(join(checkpoint(run, step), "state.json"), "utf8")).state;
}

function positionAt(run: string, step: number): { readonly shape: readonly number[] } {
  const tensors = readSafetensors(join(checkpoint(run, step), "weights.safetensors"));
  return tensors.position ?? { shape: [] };
}

function tensorFiles(run: string, step: number): readonly (readonly [string, string])[] {
  const place = checkpoint(run, step);
  const names = readdirSync(place).filter((name) => name.endsWith(".safetensors"));
  return names.sort().map((name) => [name, readFileSync(join(place, name), "hex")]);
}
