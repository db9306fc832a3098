import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkpointHeader } from "../../compiler/api/load/checkpoint-header.ts";
import { compile } from "../../compiler/compile.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import { BatchFile } from "../../runtime/train/batch-file.ts";
import { readingCheckpoints } from "../../runtime/train/checkpoint-tensors.ts";
import { beginRun } from "../../runtime/train/open-run.ts";
import { trainSteps } from "../../runtime/train/train-steps.ts";
import { readSafetensors } from "../../runtime/weights/read-tensor.ts";
import { parseWeightSource } from "../../runtime/weights/weight-source.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { oracleProbe, probePaths, probeText } from "../support/models/oracle-probe.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-probe-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every number within 1e-6 of the largest of them. */
function expectNear(found: ArrayLike<number>, wanted: readonly number[], what: string): void {
  expect(found.length, what).toBe(wanted.length);
  const bound = 1e-6 * Math.max(...wanted.map(Math.abs));
  for (const [n, x] of Array.from(found).entries())
    expect(Math.abs(x - (wanted[n] ?? Number.NaN)), `${what}[${n}]`).toBeLessThanOrEqual(bound);
}

/** The float64 test has both runs; batches in pieces have the statistics of whole ones. */
const all = [
  { name: "soft_clip", stage: "soft_clip_in_pieces" },
  { name: "soft_clip", stage: "soft_clip" },
  { name: "hard", stage: "hard" },
] as const;
const chosen = process.env.WEFT_ALL_GRADIENTS === undefined ? all.slice(0, 1) : all;

describe("ten steps of the linear probe on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  test.for(chosen)(
    "are PyTorch's, with running statistics: $stage",
    async ({ name, stage }, context) => {
      const oracle = oracleProbe();
      if (oracle === undefined || device === undefined) return context.skip();
      const weights = join(folder, `${stage}.safetensors`);
      const [run, batches] = [join(folder, stage), join(folder, `${stage}-batches.safetensors`)];
      const initial = probePaths.map((path) => {
        const data = Float32Array.from(oracle.initial(path));
        const shape = path === "head.weight" ? [7, 24] : [data.length];
        return [path, { element: "f32", shape, data }] as const;
      });
      writeSafetensors(weights, Object.fromEntries(initial));
      writeSafetensors(batches, oracle.records(name));

      const profile = deviceProfile(device);
      const checkpoint = checkpointHeader(weights);
      const request = { ...probeText, stage, purpose: "train", checkpoint, profile } as const;
      const { artifact, diagnostics } = compileStage(request);
      if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
      const session = await Session.create(
        readingCheckpoints(artifact),
        device,
        parseWeightSource(weights),
      );
      const file = BatchFile.open(batches);
      const losses: number[] = [];
      const begun = { from: beginRun(run, 0).state, metricsBytes: 0, keep: 1 };
      const shapes = checkpoint?.tensors ?? {};
      const options = { run, ...begun, steps: file.steps, watches: [], shapes };
      for await (const event of trainSteps(session, file, options))
        if (event.kind === "step") losses.push(event.loss);
      file.close();
      session.dispose();
      expectNear(losses, oracle.losses[name], "the losses");
      const saved = join(run, "checkpoints", "step-10", "weights.safetensors");
      const found = readSafetensors(saved);
      expect(Object.keys(found).toSorted()).toEqual(probePaths.toSorted());
      for (const path of probePaths)
        expectNear(found[path]?.data ?? [], oracle.final(name, path), path);

      // What was learnt classifies by the statistics that were remembered.
      const { features, logits } = oracle.evaluation(name);
      const rows = logits.length / 7;
      const header = checkpointHeader(saved);
      const mode = { model: "Probe", mode: "classify", sizes: { B: rows }, checkpoint: header };
      const compiled = compile({ ...probeText, ...mode, profile });
      if (compiled.artifact === undefined) throw new Error(renderDiagnostics(compiled.diagnostics));
      const learnt = await Session.create(compiled.artifact, device, parseWeightSource(saved));
      const data = Float32Array.from(features);
      const outputs = await learnt.run({ features: { element: "f32", shape: [rows, 24], data } });
      learnt.dispose();
      expectNear(Object.values(outputs)[0]?.data ?? [], logits, "logits of what was not seen");
    },
  );
});
