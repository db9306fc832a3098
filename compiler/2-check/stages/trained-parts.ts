import type { CheckedGroup } from "./checked-stage.ts";

/**
 * Which parts are trained, by path: those that have a parameter at or below them that a `train` line selects.
 * All others run as in a mode.
 */
export function trainedParts(groups: readonly CheckedGroup[]): (path: string) => boolean {
  const trained = new Set<string>();
  for (const group of groups) {
    if (group.kind !== "train") continue;
    for (const { instance } of group.parameters) {
      for (let path = instance.path; !trained.has(path); path = partAbove(path)) trained.add(path);
    }
  }
  return (path) => trained.has(path);
}

/** `encoder.layers` of `encoder.layers.3`; the model itself is the empty path, above which is nothing more. */
function partAbove(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}
