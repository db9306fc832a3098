import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import { compileStage, type StageRequest } from "../../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { StageArtifact } from "../../../compiler/stage-artifact.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { BatchFile } from "../../../runtime/train/batch-file.ts";
import { batchInputs } from "../../../runtime/train/batch-inputs.ts";
import { BatchRunner, runBatch, submitsOf } from "../../../runtime/train/run-batch.ts";
import { readSafetensors } from "../../../runtime/weights/read-tensor.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { relativeError } from "../../support/graphs/run-mode.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { metricsIn, trainArtifact, trainingArtifact } from "../../support/runs/train-text.ts";

const text = `import { contrastive, cross_entropy } from "std/losses"
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
model M {
  axis D = 5
  axis E = 6
  axis Class = 7
  axis N = 4
  use a = Linear<D, E>()
  use head = Linear<E, Class>()
  param scale: f32[] = 0.5
  mode run(x: f32[B, N, D]) -> [B, N, E] { a(real(x)) }
}
stage tasks of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss {
    let seen = dropout(a(real(x)), 0.3)
    let near = contrastive{B, E}(mean{N}(seen), take{N: 1}(seen), exp(scale))
    let named = cross_entropy{Class}(head(seen), labels, keep: labels >= 0)
    near + 0.5 * named
  }
  watch near, named
  train everything else at lr 1e-2
  optimizer AdamW()
  clip 0.5
  steps 4
  batch 8 by 2
}
`;
const [steps, samples, rows] = [4, 8, 4];

const folder = mkdtempSync(join(tmpdir(), "weft-pieces-"));
let device: Device | undefined;
beforeAll(async () => {
  device = await openTestDevice("lavapipe");
});
afterAll(() => {
  device?.dispose();
  rmSync(folder, { recursive: true });
});

/** Records in which pieces have unequal numbers of labels. */
function writeBatches(): string {
  const count = steps * samples * rows;
  const x = Float32Array.from({ length: 5 * count }, (_, n) => Math.sin(1.7 * n));
  const labels = Int32Array.from({ length: count }, (_, n) =>
    n % 32 < 9 || n % 5 === 1 ? -1 : (3 * n) % 7,
  );
  const path = join(folder, "batches.safetensors");
  writeSafetensors(path, {
    x: { element: "f32", shape: [steps, samples, rows, 5], data: x },
    labels: { element: "i32", shape: [steps, samples, rows], data: labels },
  });
  return path;
}

test("four steps in pieces of two are four steps of eight at once, dropout too", async (context) => {
  if (device === undefined) return context.skip();
  const batches = writeBatches();
  const ways = [];
  for (const [name, batch] of Object.entries({ whole: "batch 8", pieces: "batch 8 by 2" })) {
    const artifact = trainingArtifact(device, text.replace("batch 8 by 2", batch));
    const run = join(folder, name);
    const metrics = metricsIn(await trainArtifact(device, artifact, { run, batches }));
    const weights = readSafetensors(
      join(run, "checkpoints", `step-${steps}`, "weights.safetensors"),
    );
    ways.push({ artifact, steps: artifact.steps.map((step) => step.name), metrics, weights });
  }
  const [whole, pieces] = ways;
  expect(whole?.steps).toEqual(["step"]);
  expect(pieces?.steps).toEqual(["features", "couple", "accumulate", "apply"]);
  expect(whole?.metrics.length).toBe(steps);
  for (const [n, { loss, samples, scalars }] of whole?.metrics.entries() ?? []) {
    const found = pieces?.metrics[n];
    expect(found?.samples).toBe(samples);
    expect(found?.loss).toBeCloseTo(loss, 4);
    for (const [name, value] of Object.entries(scalars))
      expect(found?.scalars[name], name).toBeCloseTo(value, 4);
  }
  for (const [name, { data }] of Object.entries(whole?.weights ?? {}))
    expect(relativeError(pieces?.weights[name]?.data ?? [], data), name).toBeLessThan(1e-4);
  if (pieces !== undefined) await expectSubmits(device, pieces.artifact, batches);
}, 240_000);

/** All pieces are one submit, of the same bits as each alone, and a batch that comes makes no buffer. */
async function expectSubmits(device: Device, artifact: StageArtifact, batches: string) {
  const planned = artifact.program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  const calls = 2 * (samples / 2) + 2;
  expect([submitsOf(artifact), submitsOf(artifact, planned)]).toEqual([1, calls]);
  const { queue } = device.gpu;
  const found = [];
  for (const budget of [undefined, planned]) {
    const session = await Session.create(artifact, device, "random:1");
    const runner = await BatchRunner.create(session, budget);
    const file = BatchFile.open(batches);
    const [submits, buffers] = [vi.spyOn(queue, "submit"), vi.spyOn(device.gpu, "createBuffer")];
    const losses = [];
    for (let step = 0; step < 3; step++) {
      const { inputs } = await file.read({ step }, batchInputs(artifact));
      // What reads results back is made when a step is first called.
      if (step === 1) for (const spy of [submits, buffers]) spy.mockClear();
      const options = { firstSample: step * samples, immediates: { seed: 3, step } };
      losses.push(await runner.run(inputs, options));
    }
    expect(submits.mock.calls.length).toBe(2 * submitsOf(artifact, budget));
    expect(buffers.mock.calls.length).toBe(0);
    vi.restoreAllMocks();
    file.close();
    runner.dispose();
    session.dispose();
    found.push(losses);
  }
  expect(found[1]).toEqual(found[0]);
}

/** Loss and gradients of one batch, by what is asked for. */
async function gradientsOf(
  on: Device,
  asked: Pick<StageRequest, "precision" | "piece">,
): Promise<Readonly<Record<string, Tensor>>> {
  const { artifact, diagnostics } = compileStage({
    entry: "tasks.weft",
    loader: memoryLoader("tasks.weft", text),
    stage: "tasks",
    sizes: { B: samples },
    profile: deviceProfile(on),
    ...asked,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  const session = await Session.create(artifact, on, "random:1");
  const { x, labels } = readSafetensors(writeBatches());
  const first = ({ element, shape, data }: Tensor): Tensor =>
    ({ element, shape: shape.slice(1), data: data.slice(0, data.length / steps) }) as Tensor;
  if (x === undefined || labels === undefined) throw new Error("a record lacks a tensor");
  try {
    return await runBatch(session, { x: first(x), labels: first(labels) }, { firstSample: 0 });
  } finally {
    session.dispose();
  }
}

test("gradients of pieces in f16 are those of the whole batch in f16, and near those of f32", async (context) => {
  if (device === undefined || !deviceProfile(device).hasF16) return context.skip();
  const wide = await gradientsOf(device, { precision: "f32", piece: samples });
  const whole = await gradientsOf(device, { precision: "f16", piece: samples });
  const pieces = await gradientsOf(device, { precision: "f16", piece: 2 });
  expect(Object.keys(pieces)).toEqual(Object.keys(whole));
  for (const [name, { data }] of Object.entries(wide)) {
    const own = pieces[name]?.data ?? [];
    // A sample has the same numbers in f16 however the batch is cut: only sums in f32 have another order.
    expect(relativeError(own, whole[name]?.data ?? []), name).toBeLessThan(1e-5);
    expect(relativeError(own, data), name).toBeLessThan(6e-3);
  }
}, 240_000);
