import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { train } from "../../../compiler/api/library.ts";
import { readStudyDocument } from "../../../compiler/api/studies/folder/study-document.ts";
import { findStudyPlan } from "../../../compiler/api/studies/folder/study-plan.ts";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";
import { runStudy } from "../../../compiler/api/studies/run-study.ts";
import { FrozenStore } from "../../../runtime/train/frozen-store.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { steadyMetrics } from "../../support/runs/steady-metrics.ts";

const text = `import { cross_entropy } from "std/losses"
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
model M(drop: float = 0.3) {
  axis D = 5
  axis E = 6
  axis Class = 7
  axis N = 4
  use see = Linear<D, E>()
  use glue = Linear<E, E>()
  use head = Linear<E, Class>()
  mode run(x: f32[B, N, D]) -> [B, N, E] { see(real(x)) }
}
stage named of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss {
    let seen = tanh(see(real(x)))
    cross_entropy{Class}(head(dropout(glue(seen), drop)), labels)
  }
  train glue, head at lr 1e-2
  freeze see
  optimizer AdamW()
  steps 6
  batch 8
}
experiment drops of M {
  set drop in [0.1, 0.3]
  set lr in [1e-2, 2e-2]
  run named
}
`;

const folder = mkdtempSync(join(tmpdir(), "weft-frozen-study-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "drops.weft");
const batches = join(folder, "batches.safetensors");
const [steps, samples, rows] = [3, 8, 4];

let isHere = false;
beforeAll(async () => {
  const device = await openTestDevice("lavapipe");
  isHere = device !== undefined;
  device?.dispose();
  writeFileSync(file, text);
  const count = steps * samples * rows;
  const x = Float32Array.from({ length: 5 * count }, (_, n) => Math.sin(1.7 * n));
  const labels = Int32Array.from({ length: count }, (_, n) => (3 * n) % 7);
  writeSafetensors(batches, {
    x: { element: "f32", shape: [steps, samples, rows, 5], data: x },
    labels: { element: "i32", shape: [steps, samples, rows], data: labels },
  });
});

test("four cells share what their frozen encoder makes, and each is the run that it is alone", async (context) => {
  if (!isHere) return context.skip();
  const { study } = resolveStudy(file, "drops");
  if (study === undefined) throw new Error("no study");
  expect(study.cells).toHaveLength(4);
  const added = vi.spyOn(FrozenStore.prototype, "add");
  const out = join(folder, "study");
  const training = { batches, device: "lavapipe" };
  const pace = { beatMs: 1000, silentMs: 20_000, lookMs: 50 };
  const told = { file, out, training, pace, estimate: false };
  expect(await runStudy(study, told)).toMatchObject({ isComplete: true, done: 4 });
  // One pass of one cell; the second pass, and the three other cells, find all of it.
  expect(added).toHaveBeenCalledTimes(steps * samples);
  expect(findStudyPlan(out)?.shared).toContainEqual(
    expect.stringMatching(/what frozen parts make .*: f32\[B, N, In\] \(.*:18\); all cells$/),
  );
  const { folders } = readStudyDocument(out);
  for (const { name, identity } of study.cells) {
    const alone = join(folder, `alone-${identity.slice(0, 8)}`);
    const cell = { experiment: "drops", identity, name };
    const asked = { file, stage: "named", cell, batches, out: alone, device: "lavapipe" } as const;
    const run = await train({ ...asked, keepFrozen: true });
    for await (const _ of run);
    const own = join(out, "cells", folders[identity] ?? "", "seed-0");
    expect(steadyMetrics(alone)).toEqual(steadyMetrics(own));
  }
}, 400_000);
