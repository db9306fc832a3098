import type { CheckedPlan } from "../2-check/stages/checked-stage.ts";
import { type FoundStage, planOf } from "../2-check/stages/find-stage.ts";
import { stepsOf } from "../stage-artifact.ts";

/** What of a run is done when a phase begins; undefined where nobody knows. */
interface Done {
  readonly steps: number | undefined;
  readonly samples: number | undefined;
}

/**
 * How many steps a phase trains for, where that is known. `until` counts steps and samples from the first phase on, so a
 * phase has what the ones before have left of them; epochs are its own. An epoch is as many steps as the data says, and
 * what says nothing is one epoch.
 */
export function phaseSteps(found: FoundStage, stepsPerEpoch?: number): number | undefined {
  const own = planOf(found);
  let done: Done = { steps: 0, samples: 0 };
  for (const { policy } of found.stage.plans) {
    const steps = stepsFrom(done, policy, stepsPerEpoch);
    if (policy === own?.policy) return steps;
    done = doneBehind(done, policy, steps);
  }
  return undefined;
}

type Policy = Pick<CheckedPlan["policy"], "length" | "batch">;

function stepsFrom(
  done: Done,
  { length, batch }: Policy,
  stepsPerEpoch: number | undefined,
): number | undefined {
  if (length === undefined) return stepsPerEpoch && Math.ceil(stepsPerEpoch);
  const { unit, amount } = length;
  if (unit === "epochs") return stepsOf(length, batch?.total, stepsPerEpoch);
  const before = done[unit];
  if (before === undefined) return undefined;
  return stepsOf({ unit, amount: amount - before }, batch?.total);
}

function doneBehind(done: Done, { length, batch }: Policy, own: number | undefined): Done {
  const sum = (before: number | undefined, more: number | undefined): number | undefined =>
    before === undefined || more === undefined ? undefined : before + more;
  const said = (unit: "steps" | "samples") => (length?.unit === unit ? length.amount : undefined);
  return {
    steps: sum(done.steps, own) ?? said("steps"),
    samples: sum(done.samples, own && batch && own * batch.total) ?? said("samples"),
  };
}
