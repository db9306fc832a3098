import type { GraphStored, Value } from "../../ir/graph/graph.ts";
import { constant, equal, mul, where } from "../../ops/build/build.ts";
import type { Checker } from "../core/checker.ts";
import type { CheckedPlan } from "../stages/checked-stage.ts";
import { counter, keptNumber } from "./elaborate-update.ts";

/** The scale of a loss whose gradients are f16 on their way, as a run keeps it. */
export interface LossScale {
  /** As it is before the step: f32[]. */
  readonly value: Value;
  /** Where it stands between steps, as one leaves it that does not change it. */
  readonly stored: GraphStored;
  /**
   * What is stored after a step: half the scale where the step is skipped, twice the scale after many good steps.
   *
   * @param isGood whether all gradients of the step are finite: bool[]
   */
  readonly after: (isGood: Value) => readonly GraphStored[];
}

const firstScale = 65536;
/** After how many steps without a skipped one the scale is doubled. */
const goodSteps = 2000;

export function lossScale(checker: Checker, plan: CheckedPlan): LossScale {
  const { build } = checker;
  const scale = keptNumber(checker, "optimizer.loss_scale", "f32", firstScale, plan);
  const good = counter(checker, "optimizer.good_steps", plan);
  const { value } = scale;
  const { origin } = value;
  const times = (factor: number): Value =>
    mul(build, value, constant(build, factor, "f32", origin), origin);
  return {
    value,
    stored: { ...scale, next: value },
    after: (isGood) => {
      const none = constant(build, 0, "i32", origin);
      const isDue = equal(build, good.next, constant(build, goodSteps, "i32", origin), origin);
      const grown = where(build, isDue, times(2), value, origin);
      const since = where(build, isDue, none, good.next, origin);
      return [
        { ...scale, next: where(build, isGood, grown, times(0.5), origin) },
        { ...good, next: where(build, isGood, since, none, origin) },
      ];
    },
  };
}

/** How many steps in a row are skipped, this one included. */
export function skippedSteps(checker: Checker, plan: CheckedPlan, isGood: Value): GraphStored {
  const { build } = checker;
  const skipped = counter(checker, "optimizer.skipped", plan);
  const { origin } = skipped.value;
  const none = constant(build, 0, "i32", origin);
  return { ...skipped, next: where(build, isGood, none, skipped.next, origin) };
}

/** What is stored, and as it was before, where a step is skipped. */
export function unlessSkipped(
  { build }: Checker,
  before: Value,
  next: Value,
  isGood: Value,
): Value {
  return where(build, isGood, next, before, before.origin);
}
