import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Device } from "../../../runtime/device/device.ts";
import { FrozenStore } from "../../../runtime/train/frozen-store.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { frozenPass, frozenText, writeFrozenBatches } from "../../support/runs/frozen-text.ts";
import { metricsIn, trainArtifact, trainingArtifact } from "../../support/runs/train-text.ts";

const { steps, samples, rows } = frozenPass;

const folder = mkdtempSync(join(tmpdir(), "weft-frozen-"));
const batches = writeFrozenBatches(folder);
let device: Device | undefined;
beforeAll(async () => {
  device = await openTestDevice("lavapipe");
});
afterAll(() => {
  device?.dispose();
  rmSync(folder, { recursive: true });
});

test.each([
  ["at once", "batch 8"],
  ["in pieces", "batch 8 by 2"],
])(
  "what a frozen encoder made is taken in the second pass, and by the next run: %s",
  async (name, batch) => {
    if (device === undefined) return;
    const own = device;
    const artifact = trainingArtifact(own, frozenText.replace("batch 8", batch), {
      keepFrozen: true,
    });
    expect(artifact.stage.frozen).toEqual(["f32[B, N, In] (train.weft:18)"]);
    const losses = async (way: string, frozen: FrozenStore | undefined, seed = 1) => {
      const run = join(folder, `${name} ${way}`);
      const told = { run, batches, steps: 2 * steps, frozen, seed };
      return metricsIn(await trainArtifact(own, artifact, told)).map(({ loss }) => loss);
    };
    const store = new FrozenStore();
    const first = await losses("first", store);
    expect(first).toHaveLength(2 * steps);
    const all = steps * samples;
    expect([store.size, store.taken]).toEqual([all, all]);
    expect(await losses("second", store)).toEqual(first);
    expect([store.size, store.taken]).toEqual([all, 3 * all]);
    const none = new FrozenStore(0);
    expect(await losses("with no room", none)).toEqual(first);
    expect([none.size, none.taken]).toEqual([0, 0]);
    const small = new FrozenStore(5 * rows * 6 * 4);
    expect(await losses("with little room", small)).toEqual(first);
    expect([small.size, small.taken]).toEqual([5, 5]);
    // Other frozen weights make other rows.
    const other = await losses("with other weights", store, 2);
    expect(other).toEqual(await losses("with other weights alone", undefined, 2));
    expect([store.size, store.taken]).toEqual([2 * all, 4 * all]);
  },
  240_000,
);

test("a program without frozen parts is the one that it was", (context) => {
  if (device === undefined) return context.skip();
  const learned = frozenText.replace("glue, head", "everything else").replace("  freeze see\n", "");
  const [asked, unasked] = [true, false].map((keepFrozen) =>
    trainingArtifact(device as Device, learned, { keepFrozen }),
  );
  expect(asked).toEqual(unasked);
});
