import type { Fill } from "./checker.ts";
import type { Instance, MemberContent } from "./entity.ts";

/** One step of a member's path: a name, or the number of an element (undefined in the generic check). */
export type MemberStep = { readonly name: string } | { readonly index: number | undefined };

/** A condition of `use`, `slot` or storage: undefined where the member is there. */
export type Absence = Extract<MemberContent, { kind: "absent" | "error" }> | undefined;

/** What `with` fills inside the part at these steps. */
export function fillsBelow(
  fills: readonly Fill[],
  instance: Instance,
  steps: readonly MemberStep[],
): readonly Fill[] {
  return fills
    .filter((fill) => fill.steps.length > steps.length && leadsTo(fill, steps))
    .map((fill) => ({
      ...fill,
      steps: fill.steps.slice(steps.length),
      inside: [...fill.inside, instance],
    }));
}

export function leadsTo(fill: Fill, steps: readonly MemberStep[]): boolean {
  return steps.every((step, n) => {
    const wanted = fill.steps[n];
    if (wanted === "*" || ("index" in step && step.index === undefined)) return true;
    return wanted === ("name" in step ? step.name : String(step.index));
  });
}
