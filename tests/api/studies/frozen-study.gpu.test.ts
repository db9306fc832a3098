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
import { openTestDevice } from "../../support/open-test-device.ts";
import { frozenPass, frozenText, writeFrozenBatches } from "../../support/runs/frozen-text.ts";
import { steadyMetrics } from "../../support/runs/steady-metrics.ts";

const text = `${frozenText}
experiment drops of M {
  set drop in [0.1, 0.3]
  set lr in [1e-2, 2e-2]
  run named
}
`;

const folder = mkdtempSync(join(tmpdir(), "weft-frozen-study-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "drops.weft");
const batches = writeFrozenBatches(folder);
writeFileSync(file, text);
const { steps, samples } = frozenPass;

let isHere = false;
beforeAll(async () => {
  const device = await openTestDevice("lavapipe");
  isHere = device !== undefined;
  device?.dispose();
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
