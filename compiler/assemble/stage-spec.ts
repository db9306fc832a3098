import type { CheckedPlan } from "../2-check/stages/checked-stage.ts";
import type { ElaboratedStage } from "../2-check/stages/elaborate-stage.ts";
import type { FoundStage } from "../2-check/stages/find-stage.ts";
import type { GroupSpec, StageSpec } from "../artifact.ts";

/** What a phase trains, for the artifact. */
export function stageSpec(
  { stage, phase }: FoundStage,
  { policy, loss }: CheckedPlan,
  { groups, unreached, sizes }: ElaboratedStage,
): StageSpec {
  const { rate = 0, except = [] } = policy.decay ?? {};
  const spared = new Set(except);
  return {
    stage: stage.syntax.name.text,
    phase,
    groups: groups.map(
      ({ selector, lr, layerDecay, parameters }): GroupSpec => ({
        selector,
        lr,
        layerDecay,
        parameters: parameters.map((storage) => ({
          path: storage.path,
          numbers: storage.axes.reduce((n, axis) => n * (sizes.valueOf(axis.size) ?? 1), 1),
          decay: spared.has(storage) ? 0 : rate,
        })),
      }),
    ),
    watches: loss.watched,
    unreached,
  };
}
