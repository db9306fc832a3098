import type { CheckedPlan } from "../2-check/stages/checked-stage.ts";
import type { ElaboratedStage } from "../2-check/stages/elaborate-stage.ts";
import { lossScale } from "../2-check/updates/loss-scale.ts";
import { largestSlab, updatePass } from "../2-check/updates/update-pass.ts";
import type { PrecisionPolicy } from "../4-optimize/precision-policy.ts";
import { type DeviceProfile, portableProfile } from "../ir/device-profile.ts";
import { constant } from "../ops/build/build.ts";
import type { StageSpec } from "../stage-artifact.ts";
import type { StagePurpose } from "./plan-batch.ts";
import { isNarrow } from "./stage-precision.ts";
import type { Learning } from "./stage-steps.ts";

/** What the program is for, and on what. */
interface LearningRequest {
  readonly purpose?: StagePurpose | undefined;
  readonly profile?: DeviceProfile | undefined;
}

/** What is looked for of the loss; undefined where it is only evaluated. */
export function learningOf(
  elaborated: ElaboratedStage,
  plan: CheckedPlan,
  spec: StageSpec,
  precision: PrecisionPolicy,
  { purpose, profile = portableProfile }: LearningRequest,
): Learning | undefined {
  if (purpose === "evaluate") return undefined;
  if (purpose === "train") return trainingOf(elaborated, plan, spec, precision, profile);
  return gradientsOf(elaborated, plan, precision);
}

/** What comes behind the gradients: new values of what is trained. */
function trainingOf(
  { checker }: ElaboratedStage,
  plan: CheckedPlan,
  { groups }: StageSpec,
  precision: PrecisionPolicy,
  { maxStorageBufferBindingSize: bound, maxBufferSize }: DeviceProfile,
): Learning {
  const rates = groups.flatMap(({ parameters }) => parameters);
  const scale = isNarrow(precision) ? lossScale(checker, plan) : undefined;
  const slabBytes = Math.min(largestSlab, bound, maxBufferSize);
  const update = updatePass(checker, plan, rates, { scale, slabBytes });
  return { update, scale: scale?.value, scaleState: scale?.stored };
}

/** One loss alone: it is scaled by a number that leaves room on both sides. */
function gradientsOf(
  { build }: ElaboratedStage,
  { span }: CheckedPlan,
  precision: PrecisionPolicy,
): Learning {
  if (!isNarrow(precision)) return {};
  const origin = { kind: "source", span, path: "" } as const;
  return { scale: constant(build, staticLossScale, "f32", origin) };
}

const staticLossScale = 1024;
