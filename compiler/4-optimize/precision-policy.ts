import type { Value } from "../ir/graph/graph.ts";

/** A float that devices compute with. */
export type WorkingFloat = "f32" | "f16";

/** Which float `real` is. */
export interface PrecisionPolicy {
  /** Where nothing else is said. */
  readonly working: WorkingFloat;
  /** Paths of weights that are stored in f32 whatever is computed with them: those that are trained. */
  readonly masters?: ReadonlySet<string> | undefined;
  /** The float of what is stored below a path, and of what is computed there, where it is another. */
  readonly below?: ((path: string) => WorkingFloat | undefined) | undefined;
}

/** The float of a value whose type is `real`. */
export function floatOf(value: Value, { working, masters, below }: PrecisionPolicy): WorkingFloat {
  const stored = value.attrs.path;
  if (typeof stored === "string" && masters?.has(stored) === true) return "f32";
  if (below === undefined) return working;
  return below(typeof stored === "string" ? stored : partOf(value)) ?? working;
}

/** The path of the part whose text a value comes from. */
function partOf({ origin }: Value): string {
  return origin.kind === "source" ? origin.path : partOf(origin.from);
}
