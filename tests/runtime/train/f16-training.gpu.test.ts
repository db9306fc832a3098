import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openTestDevice } from "../../support/open-test-device.ts";
import { classifier, writeClasses } from "../../support/runs/classifier.ts";
import { metricsIn, trainArtifact, trainingArtifact } from "../../support/runs/train-text.ts";

/**
 * A task of a thousand steps in both floats, over three seeds of the first weights; without being asked for, the
 * first steps of one seed. The loss of a run is its mean over the last steps.
 */
const isWhole = process.env.WEFT_THOUSAND_STEPS !== undefined;
const [steps, last, seeds] = isWhole ? [1000, 100, [1, 2, 3]] : [40, 10, [1]];

test("f16 reaches the loss of f32", { timeout: isWhole ? 3_000_000 : 120_000 }, async () => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), "weft-f16-"));
  const rows: { seed: number; f32: number; f16: number; skipped: number; scale: number }[] = [];
  const artifacts = {
    f32: trainingArtifact(device, classifier, { precision: "f32" }),
    f16: trainingArtifact(device, classifier, { precision: "f16" }),
  };
  try {
    const batches = join(folder, "batches.safetensors");
    writeClasses(batches, steps, 1);
    for (const seed of seeds) {
      const train = async (precision: "f32" | "f16") => {
        const run = join(folder, `${precision}-${seed}`);
        const events = await trainArtifact(device, artifacts[precision], { run, batches, seed });
        const metrics = metricsIn(events);
        expect(metrics).toHaveLength(steps);
        const losses = metrics.slice(-last).map(({ loss }) => loss);
        return { metrics, loss: losses.reduce((sum, loss) => sum + loss, 0) / last };
      };
      const [wide, narrow] = [await train("f32"), await train("f16")];
      const skipped = narrow.metrics.filter(({ scalars }) => (scalars.skipped ?? 0) > 0).length;
      const scale = narrow.metrics.at(-1)?.scalars.loss_scale ?? 0;
      rows.push({ seed, f32: wide.loss, f16: narrow.loss, skipped, scale });
      expect(wide.loss).toBeLessThan(0.9 * (wide.metrics[0]?.loss ?? 0));
    }
  } finally {
    rmSync(folder, { recursive: true });
    device.dispose();
  }
  if (isWhole) console.table(rows);
  const gaps = rows.map(({ f32, f16 }) => Math.abs(f16 - f32));
  const wide = rows.map(({ f32 }) => f32);
  // What other first weights change, which one seed alone cannot tell.
  const noise = isWhole ? Math.max(...wide) - Math.min(...wide) : 0.01;
  expect(Math.max(...gaps)).toBeLessThan(noise);
});
