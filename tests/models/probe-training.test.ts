import { expect, test } from "vitest";
import { StepRun } from "../support/graphs/run-steps.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";
import { oracleProbe, probePaths, probeRuns, probeText } from "../support/models/oracle-probe.ts";
import { trainingSteps } from "../support/models/training-steps.ts";

const sizes = { B: 16 };

/** Every number within 1e-6 of the largest of them. */
function expectNear(found: readonly number[], wanted: readonly number[], what: string): void {
  expect(found.length, what).toBe(wanted.length);
  const bound = 1e-6 * Math.max(...wanted.map(Math.abs));
  for (const [n, x] of found.entries())
    expect(Math.abs(x - (wanted[n] ?? Number.NaN)), `${what}[${n}]`).toBeLessThanOrEqual(bound);
}

test.for(probeRuns)("ten steps of the linear probe are PyTorch's: %s", (name, context) => {
  const oracle = oracleProbe();
  if (oracle === undefined) return context.skip();
  const text = { ...probeText, stage: name, sizes };
  const first = trainingSteps(text);
  const gradients = new StepRun(first, (path) => oracle.initial(path));
  const found = gradients.call(first.spec.stage, oracle.record(name, 0), sizes);
  expect(first.trained).toHaveLength(4);
  for (const path of first.trained)
    expectNear(found[path] ?? [], oracle.firstGradient(name, path), path);

  const whole = trainingSteps({ ...text, purpose: "train" });
  const run = new StepRun(whole, (path) => oracle.initial(path));
  for (const [step, wanted] of oracle.losses[name].entries()) {
    const { loss = [], norm = [] } = run.call("step", oracle.record(name, step), sizes);
    expectNear(loss, [wanted], `the loss of step ${step}`);
    const length = oracle.norms[name][step];
    if (length !== undefined) expectNear(norm, [length], `the norm of step ${step}`);
  }
  for (const path of probePaths) expectNear(run.state(path), oracle.final(name, path), path);
  // Kernels mean what the graph means.
  for (const { graph, extent } of whole.steps)
    compareKernels(graph, graph, extent, randomFeeds(graph, extent), {});
});
