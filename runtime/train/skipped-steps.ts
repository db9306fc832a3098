import { fault } from "../faults.ts";
import type { StepMetrics } from "./train-events.ts";

/** Outputs of a step: how many have been skipped in a row, this one included, and the scale of the loss after it. */
const [skippedName, scaleName] = ["skipped", "loss_scale"] as const;
/** So many in a row are not the scale's doing: it is a millionth of what it was. */
const mostInARow = 20;

/**
 * Can the run go on after this step? A loss that is not finite is none of a scaled step that was skipped: the next
 * may be.
 *
 * @throws {RuntimeFault} `loss-not-finite` or `steps-skipped`.
 */
export function assertGoing({ step, loss, scalars }: StepMetrics): void {
  const count = scalars[skippedName] ?? 0;
  const scale = scalars[scaleName];
  const isSkipped = scale !== undefined && count > 0;
  if (!Number.isFinite(loss) && !isSkipped)
    throw fault("loss-not-finite", { step, name: "loss", value: loss });
  if (count >= mostInARow) throw fault("steps-skipped", { step, count, scale });
}

/** What is said of a step that was skipped; undefined for others. */
export function skipOf({ step, scalars }: StepMetrics): string | undefined {
  const count = scalars[skippedName] ?? 0;
  if (count === 0) return undefined;
  const scale = scalars[scaleName];
  const now = scale === undefined ? "" : `, and the scale of the loss is ${scale} now`;
  return `step ${step} is skipped: a gradient is not finite${now}`;
}
