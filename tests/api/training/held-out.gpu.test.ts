import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load, readSafetensors, train } from "../../../compiler/api/library.ts";
import type { TrainingOptions } from "../../../compiler/api/library-types.ts";
import type { Device } from "../../../runtime/device/device.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { steadyMetrics } from "../../support/runs/steady-metrics.ts";
import { stepsInFile, writeTraining } from "../../support/runs/training-text.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-held-out-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { file, batches } = writeTraining(folder);

describe("held-out records on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  const options = (out: string, more: Partial<TrainingOptions> = {}): TrainingOptions => {
    const own = { file, stage: "fit", batches, device, seed: 3, steps: 6, saveEvery: 2 };
    return { ...own, out: join(folder, out), ...more };
  };

  test("are measured with each checkpoint, and change nothing of the training", async (context) => {
    if (device === undefined) return context.skip();
    await eventsOf(options("plain"));
    const events = await eventsOf(options("measured", { heldOut: batches, keep: 1 }));
    const found = events.flatMap((event) => (event.kind === "held_out" ? [event] : []));
    expect(found.map(({ step }) => step)).toEqual([2, 4, 6]);
    const [plain, measured] = [join(folder, "plain"), join(folder, "measured")];
    expect(tensorsAt(measured, 6)).toEqual(tensorsAt(plain, 6));
    const lines = steadyMetrics(measured);
    const logged = lines.filter((line) => "held_out" in line);
    expect(logged).toEqual(
      found.map(({ step, loss, watches }) => ({
        step,
        samples: 4 * step,
        held_out: { loss, watches },
      })),
    );
    expect(lines.filter((line) => !("held_out" in line))).toEqual(steadyMetrics(plain));
    // The best and the last stay, and their names are right.
    const best = found.toSorted((a, b) => a.loss - b.loss)[0]?.step;
    expect(readFileSync(join(measured, "best"), "utf8")).toBe(`step-${best}\n`);
    expect(readdirSync(join(measured, "checkpoints")).toSorted()).toEqual(
      [...new Set([`step-${best}`, "step-6"])].toSorted(),
    );
    expect(
      events.filter((event) => event.kind === "checkpoint").map(({ isBest }) => isBest),
    ).toEqual(found.map(({ loss }, n) => found.slice(0, n).every((before) => before.loss > loss)));
    // What is measured is what a mode computes with the weights of the run: means over the steps, and nothing dropped.
    const mode = { file, model: "Noisy", mode: "run", sizes: { B: 4 }, device, cache: false };
    const model = await load({ ...mode, weights: measured });
    const { x, wanted } = readSafetensors(batches);
    let sum = 0;
    for (let step = 0; step < stepsInFile; step++) {
      const rows = Float32Array.from(x?.data.slice(48 * step, 48 * (step + 1)) ?? []);
      const output = await model.run({ x: { shape: [4, 12], data: rows } });
      const own = wanted?.data.slice(32 * step, 32 * (step + 1)) ?? [];
      output.output?.data.forEach((y, n) => {
        sum += (y - (own[n] ?? 0)) ** 2 / 32 / stepsInFile;
      });
    }
    model.dispose();
    expect((found.at(-1)?.loss ?? 0) / sum).toBeCloseTo(1, 5);
  });

  test("are measured at intervals of their own, between checkpoints too", async (context) => {
    if (device === undefined) return context.skip();
    const told = { heldOut: batches, heldOutEvery: 3, keep: 9 };
    const events = await eventsOf(options("apart", told));
    const [apart, measured] = [join(folder, "apart"), join(folder, "measured")];
    const steps = events.flatMap((event) => (event.kind === "held_out" ? [event.step] : []));
    expect(steps).toEqual([3, 6]);
    const last = (run: string) =>
      steadyMetrics(run)
        .filter((line) => "held_out" in line)
        .at(-1);
    expect(last(apart)).toEqual(last(measured));
    expect(readdirSync(join(apart, "checkpoints")).toSorted()).toEqual([
      "step-2",
      "step-4",
      "step-6",
    ]);
    // Those that were not measured are not compared.
    expect(readFileSync(join(apart, "best"), "utf8")).toBe("step-6\n");
    expect(tensorsAt(apart, 6)).toEqual(tensorsAt(measured, 6));
    await expect(eventsOf(options("none", { heldOutEvery: 3 }))).rejects.toThrow(
      /no records are held out/,
    );
  });

  test("are measured again to the same bits in a run that was broken off", async (context) => {
    if (device === undefined) return context.skip();
    await eventsOf(options("cut", { heldOut: batches, keep: 1 }), 3);
    // A checkpoint of where it was broken off, which is not compared.
    expect(existsSync(join(folder, "cut", "checkpoints", "step-3"))).toBe(true);
    rmSync(join(folder, "cut", "best"));
    await eventsOf(options("cut", { heldOut: batches, keep: 1, resume: true }));
    const [measured, cut] = [join(folder, "measured"), join(folder, "cut")];
    expect(steadyMetrics(cut)).toEqual(steadyMetrics(measured));
    expect(readFileSync(join(cut, "best"), "utf8")).toBe(
      readFileSync(join(measured, "best"), "utf8"),
    );
    expect(stateAt(cut, 6)).toEqual(stateAt(measured, 6));
  });
});

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

function tensorsAt(run: string, step: number): readonly string[] {
  const place = join(run, "checkpoints", `step-${step}`);
  const names = readdirSync(place).filter((name) => name.endsWith(".safetensors"));
  return names.sort().map((name) => readFileSync(join(place, name), "hex"));
}

function stateAt(run: string, step: number): unknown {
  const place = join(run, "checkpoints", `step-${step}`, "state.json");
  return JSON.parse(readFileSync(place, "utf8")).state;
}
