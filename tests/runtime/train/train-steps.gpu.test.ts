import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Artifact } from "../../../compiler/artifact.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { Session } from "../../../runtime/session.ts";
import { initialElements } from "../../../runtime/stored/initial-elements.ts";
import { BatchFile } from "../../../runtime/train/batch-file.ts";
import { readingCheckpoints } from "../../../runtime/train/checkpoint-tensors.ts";
import { beginRun, type RunStart, resumeRun } from "../../../runtime/train/open-run.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import { type TrainOptions, trainSteps } from "../../../runtime/train/train-steps.ts";
import { readSafetensors } from "../../../runtime/weights/read-tensor.ts";
import { parseWeightSource } from "../../../runtime/weights/weight-source.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { Sketch } from "../../support/graphs/sketch.ts";
import { artifactOfSteps } from "../../support/graphs/sketch-artifact.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { steadyMetrics } from "../../support/runs/steady-metrics.ts";

const [batch, inputs, outputs] = [6, 40, 48];
const folder = mkdtempSync(join(tmpdir(), "weft-train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const stepsInFile = 6;
const rate = 0.001;

/** Six steps that a linear layer can learn from; `spoilt` is a step whose first number is NaN. */
function writeBatches(name: string, spoilt?: number): string {
  const numbers = (shape: readonly number[], seed: number) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: count }, (_, n) => Math.sin(7 * n + seed));
    return { element: "f32", shape, data } as const;
  };
  const x = numbers([stepsInFile, batch, inputs], 1);
  if (spoilt !== undefined) x.data[spoilt * batch * inputs] = Number.NaN;
  const path = join(folder, name);
  writeSafetensors(path, { x, wanted: numbers([stepsInFile, batch, outputs], 2) });
  return path;
}

/** A matrix that learns `wanted` from `x` by gradient descent with momentum. */
function artifactFor(device: Device): Artifact {
  const s = new Sketch();
  const b = s.axis("B", batch);
  const inner = s.axis("In", inputs);
  const outer = s.axis("Out", outputs);
  const weight = s.parameter("linear.weight", [outer, inner]);
  const moment = s.moment("optimizer.m.linear.weight", [outer, inner]);
  const x = s.input("x", [b, inner]);
  const error = s.sub(s.sum(s.mul(x, weight), inner), s.input("wanted", [b, outer]));
  const gradient = s.reorder(s.sum(s.mul(error, x), b), outer, inner);
  const next = s.store(moment, s.add(s.mul(moment, 0.9), gradient));
  s.store(weight, s.sub(weight, s.mul(next, rate)));
  const graph = s.graph({ loss: s.sum(s.mul(error, error), b, outer) });
  const step = { name: "step", graph, build: s.build, extent: s.extent, sizes: { B: batch } };
  return artifactOfSteps([step], { precision: "f32", profile: deviceProfile(device) });
}

/** The losses of the steps of a file, one after the other, in float64. */
function lossesOf(artifact: Artifact, batches: string, steps = stepsInFile): number[] {
  const spec = artifact.stored.find(({ path }) => path === "linear.weight");
  if (spec === undefined) throw new Error("there is no weight");
  const bytes = new Uint8Array(4 * inputs * outputs);
  initialElements(spec, 3).read(bytes, 0);
  const weight = Float64Array.from(new Float32Array(bytes.buffer));
  const moment = new Float64Array(weight.length);
  const { x, wanted } = readSafetensors(batches);
  return Array.from({ length: steps }, (_, turn) => {
    const step = turn % stepsInFile;
    const gradient = new Float64Array(weight.length);
    let loss = 0;
    for (let row = step * batch; row < (step + 1) * batch; row++)
      for (let out = 0; out < outputs; out++) {
        let error = -(wanted?.data[row * outputs + out] ?? 0);
        for (let n = 0; n < inputs; n++)
          error += (x?.data[row * inputs + n] ?? 0) * (weight[out * inputs + n] ?? 0);
        loss += error * error;
        for (let n = 0; n < inputs; n++)
          gradient[out * inputs + n] =
            (gradient[out * inputs + n] ?? 0) + error * (x?.data[row * inputs + n] ?? 0);
      }
    for (const [n, value] of gradient.entries()) {
      moment[n] = 0.9 * (moment[n] ?? 0) + value;
      weight[n] = (weight[n] ?? 0) - rate * (moment[n] ?? 0);
    }
    return loss;
  });
}

interface Told extends Partial<TrainOptions> {
  readonly run: string;
  readonly batches: string;
}

async function train(device: Device, start: RunStart, told: Told): Promise<TrainEvent[]> {
  const artifact = readingCheckpoints(artifactFor(device));
  const session = await Session.create(artifact, device, start.source ?? "random:3");
  const batches = BatchFile.open(told.batches);
  const { state: from, metricsBytes } = start;
  const own = { from, metricsBytes, steps: batches.steps, keep: 3, shapes: {}, watches: [] };
  const events: TrainEvent[] = [];
  try {
    for await (const event of trainSteps(session, batches, { ...own, ...told })) events.push(event);
  } finally {
    batches.close();
    session.dispose();
  }
  return events;
}

function tensorFiles(run: string, step: number): readonly (readonly [string, Buffer])[] {
  const place = join(run, "checkpoints", `step-${step}`);
  const names = readdirSync(place).filter((name) => name.endsWith(".safetensors"));
  return names.sort().map((name) => [name, readFileSync(join(place, name))]);
}

describe("a run on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  test("goes on after an interruption to the bits of a run without one", async () => {
    if (device === undefined) return;
    const batches = writeBatches("six.safetensors");
    const [whole, cut] = [join(folder, "whole"), join(folder, "cut")];
    const events = await train(device, beginRun(whole, 1), { run: whole, batches });
    expect(events.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 6 }, () => "step"),
      "checkpoint",
      "done",
    ]);
    const exact = lossesOf(artifactFor(device), batches);
    for (const [n, { loss }] of steadyMetrics(whole).entries())
      expect(Math.abs(Number(loss) / (exact[n] ?? 0) - 1)).toBeLessThan(1e-5);
    await train(device, beginRun(cut, 1), { run: cut, batches, steps: 3 });
    await train(device, resumeRun(cut, 1), { run: cut, batches });
    const files = tensorFiles(whole, 6);
    expect(files.map(([name]) => name)).toEqual(["optimizer.safetensors", "weights.safetensors"]);
    expect(tensorFiles(cut, 6)).toEqual(files);
    expect(steadyMetrics(cut)).toEqual(steadyMetrics(whole));
    expect(steadyMetrics(whole).map(({ step, samples }) => [step, samples])).toEqual(
      [1, 2, 3, 4, 5, 6].map((step) => [step, step * batch]),
    );
    const place = join(whole, "checkpoints", "step-6");
    const { "m.linear.weight": moment } = readSafetensors(join(place, "optimizer.safetensors"));
    expect(moment?.data.some((value) => value !== 0)).toBe(true);
    expect(parseWeightSource(whole)).toMatchObject({
      files: [{ path: join(place, "weights.safetensors"), prefix: "" }],
    });
    expect(() => beginRun(whole, 1)).toThrow(/holds a run with checkpoints up to step 6/);
  });

  test("ends after the step that a signal meets, with a checkpoint of it", async () => {
    if (device === undefined) return;
    const [run, batches] = [join(folder, "stopped"), writeBatches("stopped.safetensors")];
    const stop = new AbortController();
    stop.abort();
    const none = await train(device, beginRun(run, 0), { run, batches, signal: stop.signal });
    expect(none).toEqual([{ kind: "done", step: 0, samples: 0, isComplete: false }]);
    let looks = 0;
    const later = {
      get aborted() {
        return ++looks > 4;
      },
    };
    const events = await train(device, beginRun(run, 0), { run, batches, signal: later });
    expect(events.at(-1)).toMatchObject({ kind: "done", step: 4, isComplete: false });
    expect(steadyMetrics(run)).toHaveLength(4);
    expect(existsSync(join(run, "checkpoints", "step-4", "state.json"))).toBe(true);
  });

  test("stops at a loss that is no number, and no checkpoint holds the step", async () => {
    if (device === undefined) return;
    const [run, batches] = [join(folder, "spoilt"), writeBatches("spoilt.safetensors", 3)];
    const ended = train(device, beginRun(run, 0), { run, batches, saveEvery: 1 });
    await expect(ended).rejects.toMatchObject({
      code: "loss-not-finite",
      message: "the loss of step 4 is NaN",
    });
    expect(steadyMetrics(run)).toHaveLength(3);
    expect(readdirSync(join(run, "checkpoints")).sort()).toEqual(["step-1", "step-2", "step-3"]);
  });

  test("reads back late, and takes no more memory with each step", async () => {
    if (device === undefined) return;
    const [run, batches] = [join(folder, "long"), writeBatches("long.safetensors")];
    const { gpu } = device;
    let maps = 0;
    let created = 0;
    let ticks = 0;
    const heap: number[] = [];
    const create = gpu.createBuffer.bind(gpu);
    const spy = vi.spyOn(gpu, "createBuffer").mockImplementation((descriptor) => {
      const buffer = create(descriptor);
      created += 1;
      if (descriptor.label?.startsWith("metrics") !== true) return buffer;
      const map = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (...all) => {
        maps += 1;
        return map(...all);
      };
      return buffer;
    });
    const before: number[] = [];
    const signal = {
      get aborted() {
        ticks += 1;
        if (ticks % 100 === 0) {
          before.push(created);
          heap.push(process.memoryUsage().rss);
        }
        return false;
      },
    };
    const startedAt = performance.now();
    const events = await train(device, beginRun(run, 0), { run, batches, signal, steps: 1000 });
    const seconds = (performance.now() - startedAt) / 1000;
    spy.mockRestore();
    // Of the first time alone: further passes over the file are no news.
    expect(events.filter(({ kind }) => kind === "warning")).toHaveLength(1);
    const losses = steadyMetrics(run).map(({ loss }) => Number(loss));
    expect(losses).toHaveLength(1000);
    const exact = lossesOf(artifactFor(device), batches, 1000);
    for (const [n, loss] of losses.entries())
      expect(Math.abs(loss / (exact[n] ?? 0) - 1), `step ${n + 1}`).toBeLessThan(1e-4);
    // Sixteen steps at once, or what a second brings; the last one may be short.
    expect(maps).toBeLessThanOrEqual(1000 / 16 + seconds + 2);
    expect(new Set(before).size).toBe(1);
    console.log(`${maps} maps, ${seconds.toFixed(1)} s, MiB ${heap.map((n) => (n / 2 ** 20) | 0)}`);
    expect(heap.at(-1)).toBeLessThan((heap[1] ?? 0) * 1.1);
  });
});
