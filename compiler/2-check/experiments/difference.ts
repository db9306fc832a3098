import type { Checker } from "../core/checker.ts";
import { describe } from "../core/describe.ts";
import type { Instance, MemberNode } from "../core/entity.ts";
import { fileEnv } from "../core/root-frame.ts";
import { sizeOfAxes } from "../values/members.ts";
import type { MadeModel } from "../variants/make-model.ts";
import { joinSteps } from "../variants/read-overrides.ts";
import type { Choice } from "./checked-experiment.ts";

/** One thing that a cell has otherwise than its model and its stage. */
export interface Difference {
  readonly path: string;
  readonly kind: "set" | "replace" | "data";
  /** Canonical: numbers as the shortest decimals, texts as JSON, parts with all their axes and settings. */
  readonly value: string;
  /** The same without the name of a part, which the program of the cell has. */
  readonly unnamed: string;
}

/** What a cell changes, the last word on each path, sorted by path. */
export function differenceOf(model: MadeModel, changes: Choice): readonly Difference[] {
  const found = new Map<string, Difference>();
  for (const { steps } of changes.replacements) {
    const path = joinSteps(steps);
    const instance = instanceAt(model.instance, steps);
    const unnamed = instance === undefined ? "" : argumentsText(model.checker, instance);
    const value = `${instance?.name ?? ""}${unnamed}`;
    found.set(`replace ${path}`, { path, kind: "replace", value, unnamed });
  }
  for (const { path, value } of [...changes.overrides, ...changes.rates])
    found.set(`set ${path}`, plainDifference(path, "set", JSON.stringify(value)));
  if (changes.data !== undefined) {
    const sets = changes.data.map(({ name, weight }) => `${JSON.stringify(name)} ${weight}`);
    found.set("data", plainDifference("data", "data", sets.join(", ")));
  }
  return [...found.values()].sort((a, b) => compare(a.path, b.path) || compare(a.kind, b.kind));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function plainDifference(path: string, kind: Difference["kind"], value: string): Difference {
  return { path, kind, value, unnamed: value };
}

/** The arguments of a part with nothing left out: `<D = 8>(size = 4, depth = 3)`. */
function argumentsText(checker: Checker, instance: Instance): string {
  const env = fileEnv(instance.file);
  const axes = [...instance.axes.values()]
    .filter(({ isOwned }) => isOwned)
    .map(({ name, axes: own }) => {
      const size = sizeOfAxes(checker, own);
      return `${name} = ${describe(checker, env, { kind: "static", value: size })}`;
    });
  const settings = [...instance.settings.values()].map(
    ({ name, entity }) => `${name} = ${describe(checker, env, entity)}`,
  );
  return `<${axes.join(", ")}>(${settings.join(", ")})`;
}

/** The part that stands at a path, the first one where it has a pattern. */
export function instanceAt(model: Instance, steps: readonly string[]): Instance | undefined {
  const look = (node: MemberNode, from: number): Instance | undefined => {
    const { content } = node;
    const part = content?.kind === "part" ? content.instance : undefined;
    const step = steps[from];
    if (step === undefined) return part;
    const names = new Map([...node.names, ...(part?.root.names ?? [])]);
    const next =
      step === "*"
        ? [...names.values(), ...node.elements.values()]
        : [names.get(step), node.elements.get(Number(step))];
    for (const child of next) {
      const found = child && look(child, from + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return look(model.root, 0);
}
