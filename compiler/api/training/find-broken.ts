import { fault, RuntimeFault } from "../../../runtime/faults.ts";
import { batchInputs, batchSamples } from "../../../runtime/train/batch-inputs.ts";
import { resumeRun } from "../../../runtime/train/open-run.ts";
import { runBatch } from "../../../runtime/train/run-batch.ts";
import type { TrainingOptions } from "../library-types.ts";
import { openPhase, type PhaseHost } from "./open-phase.ts";
import type { PhaseProgram } from "./phase-programs.ts";

/**
 * Runs the steps from the newest checkpoint to a broken one once more, this one kernel by kernel, and throws with the first
 * result that is not finite: its kernel, its lines and its part. The same steps have the same bits, so it is there again.
 * Returns where everything was finite.
 *
 * @throws {RuntimeFault} `step-not-finite`.
 */
export async function findBroken(
  phases: readonly PhaseProgram[],
  options: TrainingOptions,
  host: PhaseHost,
  broken: { readonly step: number; readonly seed: number },
): Promise<void> {
  const start = resumeRun(options.out, broken.seed);
  const { session, batches, close } = await openPhase(phases, start, options, host);
  try {
    const inputs = batchInputs(session.artifact);
    const count = batchSamples(session.artifact);
    let { state } = start;
    while (state.step < broken.step) {
      const { seed, step, samples } = state;
      const record = await batches.read(state, inputs);
      const guard = step + 1 === broken.step;
      const immediates = { seed, step };
      await runBatch(session, record.inputs, { firstSample: samples, read: [], immediates, guard });
      state = { ...state, step: step + 1, samples: samples + count };
    }
  } catch (error) {
    if (!(error instanceof RuntimeFault) || error.code !== "nan-found") throw error;
    throw fault("step-not-finite", { step: broken.step, found: error.message });
  } finally {
    close();
  }
}
