import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { train, writeSafetensors } from "../../../compiler/api/library.ts";
import type { TrainingOptions } from "../../../compiler/api/library-types.ts";
import { openTraining } from "../../../compiler/api/training/open-training.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { Session } from "../../../runtime/session.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { steadyMetrics } from "../../support/runs/steady-metrics.ts";
import { writeTraining } from "../../support/runs/training-text.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-failures-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { file, batches } = writeTraining(folder);
const whole = join(folder, "whole");

describe("what fails while a run trains, on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
    if (device !== undefined) for await (const _ of await train(options("whole")));
  }, 120_000);
  afterAll(() => device?.dispose());

  const options = (out: string, more: Partial<TrainingOptions> = {}): TrainingOptions => {
    const own = { file, stage: "fit", batches, device, seed: 3, steps: 6, saveEvery: 1 };
    return { ...own, out: join(folder, out), ...more };
  };

  test("a folder that refuses for a while loses nothing", async (context) => {
    if (device === undefined) return context.skip();
    const refusing = refusals("for-a-while");
    const warnings: string[] = [];
    for await (const event of await train(options("for-a-while"))) {
      if (event.kind === "checkpoint" && event.step === 2) refusing.begin();
      if (event.kind !== "warning" || !event.message.includes("was not saved")) continue;
      warnings.push(event.message);
      if (warnings.length === 2) refusing.end();
    }
    expect(warnings.map((text) => text.slice(0, 21))).toEqual([
      "step 3 was not saved:",
      "step 4 was not saved:",
    ]);
    expect(warnings[0]).toMatch(/`.*for-a-while.*` cannot be used: /);
    expectAlike("for-a-while");
  });

  test("one that goes on refusing loses the steps since the last checkpoint", async (context) => {
    if (device === undefined) return context.skip();
    const refusing = refusals("for-good");
    const ended = (async () => {
      for await (const event of await train(options("for-good")))
        if (event.kind === "checkpoint" && event.step === 3) refusing.begin();
    })();
    await expect(ended).rejects.toMatchObject({
      code: "run-unsaved",
      exitCode: 3,
      message: expect.stringContaining("has no checkpoint of step 6: "),
      hint: expect.stringContaining("go on from step 3 with --resume"),
    });
    refusing.end();
    expect(readdirSync(join(folder, "for-good", "checkpoints")).toSorted()).toEqual([
      "step-1",
      "step-2",
      "step-3",
    ]);
    for await (const _ of await train(options("for-good", { resume: true })));
    expectAlike("for-good");
  });

  /** While it lasts a file stands where the folder of checkpoints was: nothing can be written into it, by root neither. */
  function refusals(out: string) {
    const place = join(folder, out, "checkpoints");
    const aside = join(folder, `${out}-aside`);
    return {
      begin() {
        renameSync(place, aside);
        writeFileSync(place, "");
      },
      end() {
        rmSync(place);
        renameSync(aside, place);
      },
    };
  }

  test("a device that is lost is opened anew, three times", async (context) => {
    if (device === undefined) return context.skip();
    const lost = await eventsUntilLost("lost", 3);
    const warnings = lost.flatMap((event) => (event.kind === "warning" ? [event.message] : []));
    const told = warnings.filter((text) => text.includes("was lost"));
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/^the device `.*` was lost.*; it is opened anew$/);
    expectAlike("lost");
    await expect(eventsUntilLost("lost-again", 4)).rejects.toMatchObject({
      code: "device-lost",
      exitCode: 3,
    });
  });

  /** Trains on devices that are lost after a checkpoint, so many times. */
  async function eventsUntilLost(out: string, times: number): Promise<readonly TrainEvent[]> {
    const reopen = async (): Promise<Device> => {
      const fresh = await openTestDevice("lavapipe");
      if (fresh === undefined) throw new Error("there was a device");
      return fresh;
    };
    let current = await reopen();
    const opened = [current];
    const training = await openTraining(options(out), {
      device: current,
      open: (artifact, source, on) => Session.create(artifact, on, source),
      reopen: async () => {
        current = await reopen();
        opened.push(current);
        return current;
      },
    });
    const events: TrainEvent[] = [];
    let losses = 0;
    try {
      for await (const event of training.events()) {
        events.push(event);
        if (event.kind !== "checkpoint" || losses === times) continue;
        losses += 1;
        current.gpu.destroy();
      }
      return events;
    } finally {
      training.close();
      for (const one of opened) one.dispose();
    }
  }

  function expectAlike(out: string): void {
    const run = join(folder, out);
    expect(tensorsOf(run)).toEqual(tensorsOf(whole));
    expect(steadyMetrics(run)).toEqual(steadyMetrics(whole));
  }
});

const broken = `
import { Linear } from "std/layers"
import { Sgd } from "std/optimizers"

module Ratio<In>() {
  use scale = Linear<In, In>()

  fn forward(x: f32[B, In]) -> f32[B, In] {
    let y = f32(scale(real(x)))
    y / x
  }
}

module Root<In>() {
  param offset: f32[In] = 0.0

  fn forward(x: f32[B, In]) -> f32[B, In] {
    sqrt(x * offset)
  }
}

model Broken {
  axis In = 4
  use inner = Ratio<In>()
  use root = Root<In>()
}

stage forward of Broken(x: f32[B, In]) {
  train everything else at lr 0.1
  optimizer Sgd()
  steps 4
  batch 2
  loss { mean{B, In}(inner(x) ^ 2) }
}

stage backward of Broken(x: f32[B, In]) {
  train everything else at lr 0.1
  optimizer Sgd()
  steps 25
  batch 2
  loss { sum{B, In}(root(x) + x) }
}
`;

describe("a step that is broken, on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());
  const path = join(folder, "broken.weft");
  writeFileSync(path, broken);
  const records = join(folder, "broken.safetensors");
  const data = Float32Array.from({ length: 32 }, (_, n) => (n >= 16 && n < 24 ? 0 : 1 + (n % 3)));
  writeSafetensors(records, { x: { element: "f32", shape: [4, 2, 4], data } });

  test.each([
    ["forward", 3, /step 3, .*`inner\.div`.*broken\.weft:10.*, in `inner/],
    ["backward", 20, /step 20, .*broken\.weft:18.*, in `root`/],
  ])("is found %s, with its line and its part", async (stage, step, message) => {
    if (device === undefined) return;
    const own = { file: path, stage, batches: records, device, saveEvery: 2 };
    const run = async (out: string, guard: boolean): Promise<void> => {
      for await (const _ of await train({ ...own, out: join(folder, out), guard }));
    };
    await expect(run(`${stage}-plain`, false)).rejects.toMatchObject({ step });
    await expect(run(stage, true)).rejects.toThrow(message);
  });
});

function tensorsOf(run: string): readonly string[] {
  const place = join(run, "checkpoints", "step-6");
  const names = readdirSync(place).filter((name) => name.endsWith(".safetensors"));
  return names.sort().map((name) => readFileSync(join(place, name), "hex"));
}
