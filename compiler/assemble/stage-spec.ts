import type { Storage } from "../2-check/core/entity.ts";
import { phaseStart } from "../2-check/stages/check-phase-sizes.ts";
import type { CheckedPlan, CheckedPolicy } from "../2-check/stages/checked-stage.ts";
import type { ElaboratedStage } from "../2-check/stages/elaborate-stage.ts";
import type { FoundStage } from "../2-check/stages/find-stage.ts";
import { statesOf } from "../2-check/updates/elaborate-update.ts";
import { numberIn } from "../2-check/variants/value-range.ts";
import type { PrecisionPolicy } from "../4-optimize/precision-policy.ts";
import { invariant } from "../diagnostics/internal-error.ts";
import type { AdapterSpec, GroupSpec, StageSpec, TrainedSpec } from "../stage-artifact.ts";

/** What a phase trains, and how, for the artifact. */
export function stageSpec(
  { stage, phase }: FoundStage,
  plan: CheckedPlan,
  { groups, sizes }: ElaboratedStage,
  batch: StageSpec["batch"],
  { working, below }: PrecisionPolicy,
): StageSpec {
  const { policy, loss, optimizer } = plan;
  const rates = decayRates(policy);
  const adapters = adapterSpecs(plan);
  const set = Object.fromEntries(plan.overrides.map(({ path, value }) => [path, value]));
  return {
    stage: stage.syntax.name.text,
    phase,
    begins: beginningOf({ stage, phase }),
    groups: groups.map(({ selector, lr, scales, parameters, unreached }): GroupSpec => {
      const specOf = (storage: Storage): TrainedSpec => ({
        path: storage.path,
        numbers: storage.axes.reduce((n, axis) => n * (sizes.valueOf(axis.size) ?? 1), 1),
        lr: lr * (scales.get(storage) ?? 1),
        decay: rates(storage),
      });
      return {
        selector,
        lr,
        parameters: parameters.map(specOf),
        unreached: unreached.map(specOf),
      };
    }),
    ...(adapters.length > 0 && { adapters }),
    ...(plan.overrides.length > 0 && { set }),
    watches: loss.watched,
    batch,
    length: policy.length,
    precision: { compute: working, isMixed: below !== undefined },
    moments: optimizer === undefined ? 0 : statesOf(optimizer).length,
  };
}

/** What the lines `adapt` put beside which parts; a part has one adapter. */
function adapterSpecs({ adapters, model }: CheckedPlan): readonly AdapterSpec[] {
  return adapters.flatMap(({ targets, args }) => {
    const [rank, alpha] = ["rank", "alpha"].map((name) => {
      const value = args.get(name);
      return value && numberIn(model.checker, value);
    });
    invariant(rank !== undefined && alpha !== undefined, "an adapter without its numbers");
    return targets.map(({ path }) => ({ part: path, scale: alpha / rank }));
  });
}

/** What the phase before leaves to a phase, both as they are written; undefined for the first, and where there are none. */
function beginningOf({ stage, phase }: FoundStage): StageSpec["begins"] {
  const place = stage.plans.findIndex(({ name }) => name === `${stage.syntax.name.text}.${phase}`);
  const [before, plan] = [stage.plans[place - 1], stage.plans[place]];
  if (before === undefined || plan === undefined) return undefined;
  const after = before.name.slice(stage.syntax.name.text.length + 1);
  return { after, ...phaseStart(before, plan) };
}

/** The weight decay of a parameter: the last line that names it, else the one for all. */
function decayRates({ decay, decayOf }: CheckedPolicy): (storage: Storage) => number {
  const rates = new Map<Storage, number>();
  for (const { rate, parameters } of decayOf)
    for (const storage of parameters) rates.set(storage, rate);
  const { rate = 0, except = [] } = decay ?? {};
  const spared = new Set(except);
  return (storage) => rates.get(storage) ?? (spared.has(storage) ? 0 : rate);
}
