import type { CheckedPlan } from "../2-check/stages/checked-stage.ts";
import type { ElaboratedStage } from "../2-check/stages/elaborate-stage.ts";
import { elaborateSchedule } from "../2-check/updates/elaborate-update.ts";
import { constant } from "../ops/build/build.ts";
import { extentOf } from "../ops/extent.ts";
import { interpretGraph } from "../ops/interpret-graph.ts";
import type { ScheduleFactor } from "../stage-artifact.ts";

/** What the schedule of a phase gives at some steps, from 0, in float64. Reports what is wrong with it. */
export function scheduleFactors(
  { checker }: ElaboratedStage,
  plan: CheckedPlan,
  steps: readonly number[],
): readonly ScheduleFactor[] {
  const origin = { kind: "source", span: plan.span, path: "" } as const;
  const extent = extentOf(checker.sizes, new Map());
  return steps.flatMap((step) => {
    const number = constant(checker.build, step, "f32", origin);
    const factor = elaborateSchedule(checker, plan, number);
    if (factor === undefined) return [];
    const [found] = interpretGraph([factor], new Map(), extent).get(factor)?.data ?? [];
    return found === undefined ? [] : [{ step, factor: found }];
  });
}
