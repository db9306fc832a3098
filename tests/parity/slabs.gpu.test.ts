import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import { initialElements } from "../../runtime/stored/initial-elements.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { runBatch } from "../../runtime/train/run-batch.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { StepRun } from "../support/graphs/run-steps.ts";
import { netPolicies, netRecord, netSizes, netStage } from "../support/models/trained-net.ts";
import { trainingSteps } from "../support/models/training-steps.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-slabs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function call(turn: number): Readonly<Record<"x" | "y", Tensor>> {
  const { x, y } = netRecord(turn);
  return {
    x: { element: "f32", shape: [3, 13], data: Float32Array.from(x) },
    y: { element: "f32", shape: [3, 5], data: Float32Array.from(y) },
  };
}

/** Where the run stands. */
const at = (turn: number) => ({ firstSample: 3 * turn });

/** Relative to the length of what is wanted; nothing but zeros where that is none. */
function expectNear(
  found: ArrayLike<number>,
  wanted: readonly number[],
  bound: number,
  what: string,
): void {
  if (wanted.every((x) => x === 0)) expect(Array.from(found), what).toEqual(wanted);
  else expect(relativeError(found, wanted), what).toBeLessThan(bound);
}

describe("a step over slabs on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  test.each([
    ["decayed", "3", 16],
    ["byLayer", "3", 8],
    ["byLayer", "3 by 1", 16],
  ] as const)(
    "three steps and what they leave, saved and read again: %s, batch %s",
    async (name, batch, most) => {
      if (device === undefined) return console.log("skipped: there is no lavapipe");
      const request = netStage("AdamW()", netPolicies[name], batch);
      const own = deviceProfile(device);
      const bound = Math.min(own.maxStorageBuffersPerShaderStage, most);
      const profile = { ...own, maxStorageBuffersPerShaderStage: bound };
      const { artifact, diagnostics } = compileStage({ ...request, profile });
      if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
      const { tensors, buffers } = artifact.program;
      const placeOf = (path: string) =>
        tensors[artifact.stored.find((one) => one.path === path)?.tensor ?? -1];
      const [first, last] = [placeOf("first.weight"), placeOf("last.weight")];
      expect(first?.buffer).toBe(last?.buffer);
      expect(buffers[first?.buffer ?? -1]?.name).toBe("state weights slab 0");
      const run = new StepRun(trainingSteps(netStage("AdamW()", netPolicies[name])), (path) => {
        const spec = artifact.stored.find((one) => one.path === path);
        if (spec === undefined) throw new Error(`no parameter ${path}`);
        const elements = initialElements(spec, 0);
        const bytes = new Uint8Array(4 * elements.count);
        elements.read(bytes, 0);
        return Float64Array.from(new Float32Array(bytes.buffer));
      });
      const file = join(folder, `${name}-${batch}.safetensors`);
      const session = await Session.create(artifact, device, "random:0");
      try {
        for (let turn = 0; turn < 3; turn++) {
          const found = await runBatch(session, call(turn), at(turn));
          const exact = run.call("step", netRecord(turn), netSizes);
          for (const [output, numbers] of Object.entries(exact))
            expectNear(found[output]?.data ?? [], numbers, 1e-5, output);
        }
        await session.save(file);
        for (const { path } of artifact.stored.filter(({ lifetime }) => lifetime === "saved"))
          expectNear(readTensor(file, path).data, run.state(path), 1e-4, path);
        const next = await runBatch(session, call(3), at(3));
        const resumed = await Session.create(artifact, device, file);
        try {
          expect(resumed.weights.initialised).toEqual([]);
          expect(await runBatch(resumed, call(3), at(3))).toEqual(next);
        } finally {
          resumed.dispose();
        }
      } finally {
        session.dispose();
      }
    },
  );
});
