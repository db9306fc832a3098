import type {
  CheckedPlan,
  CheckedPolicy,
  PrecisionRoles,
} from "../2-check/stages/checked-stage.ts";
import type { TrainedGroup } from "../2-check/stages/trained-groups.ts";
import type { PrecisionPolicy, WorkingFloat } from "../4-optimize/precision-policy.ts";

/**
 * Which float `real` is in a phase: as its lines `precision` say, or as is asked for. What is asked for goes before
 * the line for all; those for some parts stay, but that nothing is f16 where f32 is asked for. What is trained is
 * stored in f32.
 */
export function stagePrecision(
  { policy }: Pick<CheckedPlan, "policy">,
  groups: readonly TrainedGroup[],
  asked: WorkingFloat | undefined,
): PrecisionPolicy {
  const working = asked ?? floatOf(policy.precision);
  const below = asked === "f32" ? undefined : belowPaths(policy, working);
  if (working === "f32" && below === undefined) return { working };
  const trained = groups.flatMap(({ parameters }) => parameters.map(({ path }) => path));
  return { working, masters: new Set(trained), below };
}

/** Is anything rounded to a float in which small gradients are 0? */
export function isNarrow({ working, below }: PrecisionPolicy): boolean {
  return working === "f16" || below !== undefined;
}

/** Devices compute with no bf16: its numbers are exact in f32, and so is what is computed with them. */
function floatOf({ compute = "f32" }: PrecisionRoles): WorkingFloat {
  return compute === "f16" ? "f16" : "f32";
}

/** By the lines `precision ... for S`; undefined where they change nothing. */
function belowPaths(
  { precisionOf }: CheckedPolicy,
  working: WorkingFloat,
): PrecisionPolicy["below"] {
  const floats = new Map<string, WorkingFloat>();
  for (const { roles, paths } of precisionOf)
    if (roles.compute !== undefined) for (const path of paths) floats.set(path, floatOf(roles));
  if ([...floats.values()].every((float) => float === working)) return undefined;
  const below = (path: string): WorkingFloat | undefined => {
    const end = path.lastIndexOf(".");
    return floats.get(path) ?? (end < 0 ? undefined : below(path.slice(0, end)));
  };
  return below;
}
