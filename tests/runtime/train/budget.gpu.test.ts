import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StageArtifact } from "../../../compiler/stage-artifact.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { heldDuring, plannedBytes } from "../../support/held-bytes.ts";
import { openTestDevice } from "../../support/open-test-device.ts";
import { writeClasses } from "../../support/runs/classifier.ts";
import { metricsIn, trainArtifact, trainingArtifact } from "../../support/runs/train-text.ts";

/** Layers enough that most of the arenas is what waits for the way back. */
const text = `import { dropout } from "std/functions"
import { LayerNorm, Linear, Mlp } from "std/layers"
import { cross_entropy } from "std/losses"
import { AdamW } from "std/optimizers"
module Block<D>() {
  use norm = LayerNorm<D>()
  use mlp = Mlp<D, 4 * D>()
  fn forward(x: [.., D]) -> [.., D] { x + dropout(mlp(norm(x)), 0.1) }
}
model Deep {
  axis In = 16
  axis D = 32
  axis Class = 8
  use up = Linear<In, D>()
  repeat i in 0..6 { use blocks[i] = Block<D>() }
  use down = Linear<D, Class>()
  mode classify(x: f32[B, In]) -> [B, Class] {
    let h = up(real(x))
    for block in blocks { h = block(h) }
    down(h)
  }
}
stage fit of Deep(x: f32[B, In], label: i32[B]) {
  train everything else at lr 3e-3
  optimizer AdamW()
  clip 1.0
  ema 0.99
  steps 3
  batch 32
  loss { cross_entropy{Class}(classify(x), label) }
}
`;
const steps = 3;

const folder = mkdtempSync(join(tmpdir(), "weft-budget-"));
const batches = join(folder, "batches.safetensors");
let device: Device | undefined;
beforeAll(async () => {
  writeClasses(batches, steps, 1);
  device = await openTestDevice("lavapipe");
});
afterAll(() => {
  device?.dispose();
  rmSync(folder, { recursive: true });
});

/** Trains for all steps: the losses, all that the last checkpoint holds, and the bytes that the device gave. */
async function trained(on: Device, name: string, artifact: StageArtifact) {
  const run = join(folder, name);
  const { result, held } = await heldDuring(on, () =>
    trainArtifact(on, artifact, { run, batches }),
  );
  const place = join(run, "checkpoints", `step-${steps}`);
  const names = readdirSync(place).filter((file) => file.endsWith(".safetensors"));
  const files = Object.fromEntries(names.map((file) => [file, readFileSync(join(place, file))]));
  return { losses: metricsIn(result).map(({ loss }) => loss), files, held };
}

/** Pieces leave less that can be made again: what is in the arenas beside it is the same for fewer samples. */
const cases = [
  { batch: "batch 32", share: 0.6 },
  { batch: "batch 32 by 16", share: 0.75 },
] as const;

test.for(cases)(
  "steps within a budget have the bits of steps without, and the device holds what was planned: $batch",
  { timeout: 120_000 },
  async ({ batch, share }, context) => {
    if (device === undefined) return context.skip();
    const own = text.replace("batch 32", batch);
    const whole = trainingArtifact(device, own);
    const { arenaBytes } = whole.program.plan;
    const memory = plannedBytes(whole) - Math.ceil((1 - share) * arenaBytes);
    const less = trainingArtifact(device, own, { memory });
    expect(less.stage.memory?.recomputed.length).toBeGreaterThan(0);
    const kept = await trained(device, `${batch}, whole`, whole);
    const again = await trained(device, `${batch}, less`, less);
    expect(kept.held).toBe(plannedBytes(whole));
    expect(again.held).toBe(plannedBytes(less));
    expect(again.held).toBeLessThanOrEqual(memory);
    expect(again.losses).toHaveLength(steps);
    expect(again.losses).toEqual(kept.losses);
    expect(Object.keys(again.files).toSorted()).toEqual([
      "ema.safetensors",
      "optimizer.safetensors",
      "weights.safetensors",
    ]);
    expect(Object.keys(again.files)).toEqual(Object.keys(kept.files));
    for (const [file, bytes] of Object.entries(kept.files))
      expect(Buffer.compare(again.files[file] ?? Buffer.of(), bytes), file).toBe(0);
  },
);
