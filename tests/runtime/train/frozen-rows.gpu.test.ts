import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Device } from "../../../runtime/device/device.ts";
import { FrozenStore } from "../../../runtime/train/frozen-store.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { metricsIn, trainArtifact, trainingArtifact } from "../../support/runs/train-text.ts";

const text = `import { cross_entropy } from "std/losses"
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
model M {
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
    cross_entropy{Class}(head(dropout(glue(seen), 0.3)), labels)
  }
  train glue, head at lr 1e-2
  freeze see
  optimizer AdamW()
  steps 6
  batch 8
}
`;
const [steps, samples, rows] = [3, 8, 4];

const folder = mkdtempSync(join(tmpdir(), "weft-frozen-"));
const batches = join(folder, "batches.safetensors");
let device: Device | undefined;
beforeAll(async () => {
  device = await openTestDevice("lavapipe");
  const count = steps * samples * rows;
  const x = Float32Array.from({ length: 5 * count }, (_, n) => Math.sin(1.7 * n));
  const labels = Int32Array.from({ length: count }, (_, n) => (3 * n) % 7);
  writeSafetensors(batches, {
    x: { element: "f32", shape: [steps, samples, rows, 5], data: x },
    labels: { element: "i32", shape: [steps, samples, rows], data: labels },
  });
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
    const artifact = trainingArtifact(own, text.replace("batch 8", batch), { keepFrozen: true });
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
  const learned = text.replace("glue, head", "everything else").replace("  freeze see\n", "");
  const [asked, unasked] = [true, false].map((keepFrozen) =>
    trainingArtifact(device as Device, learned, { keepFrozen }),
  );
  expect(asked).toEqual(unasked);
});
