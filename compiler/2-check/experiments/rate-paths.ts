import { instanceAt } from "./difference.ts";
import type { GridPlace } from "./grid-place.ts";

/**
 * Whether `set` means learning rates: `lr`, or `head.lr`, where the part that stands there has nothing of this name
 * itself. Which lines of the stage are meant is found out where these are checked.
 */
export function isRatePath({ instance }: GridPlace, steps: readonly string[]): boolean {
  if (steps.at(-1) !== "lr") return false;
  const owner = steps.length === 1 ? instance : instanceAt(instance, steps.slice(0, -1));
  return owner?.axes.has("lr") !== true && owner?.settings.has("lr") !== true;
}
