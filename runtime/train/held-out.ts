import type { Session } from "../session.ts";
import type { Tensor } from "../tensor.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { batchInputs, batchSamples, lastStep } from "./batch-inputs.ts";
import type { BatchSource } from "./batch-source.ts";
import { runBatch } from "./run-batch.ts";
import { scalarNames } from "./step-metrics.ts";
import type { HeldOutMetrics } from "./train-events.ts";

/** Records that are not trained on, so many batches of them. */
interface HeldOutBatches {
  readonly batches: BatchSource;
  readonly steps: number;
}

/**
 * The loss of held-out records and what is watched, as means over their batches. `session` has the loss of the stage alone, in
 * which nothing is dropped; what it draws else is drawn alike each time. It shares nothing with the session that trains.
 *
 * @throws {RuntimeFault} where the weights do not fit, or a record cannot be read.
 */
export async function measureHeldOut(
  session: Session,
  { batches, steps }: HeldOutBatches,
  weights: WeightSource,
  seed: number,
): Promise<HeldOutMetrics> {
  await session.refill(weights);
  const { artifact } = session;
  const names = scalarNames(lastStep(artifact));
  const inputs = batchInputs(artifact);
  const count = batchSamples(artifact);
  const sums = new Map(names.map((name) => [name, 0]));
  for (let step = 0; step < steps; step++) {
    const firstSample = step * count;
    const record = await batches.read({ step, samples: firstSample, seed }, inputs);
    const found = await runBatch(session, record.inputs, {
      firstSample,
      immediates: { seed, step },
    });
    for (const name of names) sums.set(name, (sums.get(name) ?? 0) + scalarOf(found[name]));
  }
  const [loss = Number.NaN, ...watches] = [...sums.values()].map((sum) => sum / steps);
  const watched = names.slice(1).map((name, n) => [name, watches[n] ?? Number.NaN] as const);
  return { loss, watches: Object.fromEntries(watched) };
}

function scalarOf(tensor: Tensor | undefined): number {
  return tensor?.data[0] ?? Number.NaN;
}
