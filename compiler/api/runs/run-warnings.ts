import type { MetricsLine } from "./read-metrics.ts";
import type { RunFacts } from "./run-facts.ts";

/** What somebody who reads of a run should know, from its numbers alone. */
export function runWarnings(facts: RunFacts, lines: readonly MetricsLine[]): readonly string[] {
  const steps = lines.filter(({ isHeldOut }) => !isHeldOut);
  return [
    ...changesIn(facts),
    ...skippedIn(steps),
    ...waitingIn(steps),
    ...risenIn(lines.filter(({ isHeldOut }) => isHeldOut)),
  ];
}

function changesIn({ changes }: RunFacts): readonly string[] {
  return changes.map(
    ({ step, what }) => `From step ${step + 1} on it went on with another ${what.join(", ")}.`,
  );
}

function skippedIn(steps: readonly MetricsLine[]): readonly string[] {
  const skipped = steps.filter(({ numbers }) => (numbers.skipped ?? 0) > 0);
  const [first] = skipped;
  if (first === undefined) return [];
  const count = skipped.length === 1 ? "One step was" : `${skipped.length} steps were`;
  return [
    `${count} skipped because a gradient was not finite, the first of them step ${first.step}.`,
  ];
}

/** More than this of the time is worth a look at the data. */
const mostWaiting = 0.05;

function waitingIn(steps: readonly MetricsLine[]): readonly string[] {
  const shares = steps.flatMap(({ numbers: { idle } }) => (idle === undefined ? [] : [idle]));
  const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
  if (mean <= mostWaiting) return [];
  return [`${(100 * mean).toFixed(0)} % of the time went by waiting for data.`];
}

function risenIn(heldOut: readonly MetricsLine[]): readonly string[] {
  const losses = heldOut.flatMap(({ step, numbers: { loss } }) =>
    loss === undefined || !Number.isFinite(loss) ? [] : [{ step, loss }],
  );
  const best = losses.toSorted((a, b) => a.loss - b.loss)[0];
  const last = losses.at(-1);
  if (best === undefined || last === undefined || last.step === best.step) return [];
  return [
    `The loss of held-out records was lowest after step ${best.step} and has risen since: the checkpoint \`best\` has these weights.`,
  ];
}
