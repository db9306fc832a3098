import type { OverrideSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Checker } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { textOf } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import type { Replacement } from "../variants/make-model.ts";
import { joinSteps, overrideSteps, readSet } from "../variants/read-overrides.ts";
import type { StagePlan } from "./stage-plans.ts";

/** What a plan changes of its model. */
export interface Changes {
  readonly overrides: readonly ModelOverride[];
  readonly replacements: readonly Replacement[];
}

/** The overrides of a plan, their values evaluated in the model as it is declared. */
export function changesOf(
  checker: Checker,
  env: Env,
  plan: StagePlan,
  all: readonly StagePlan[],
): Changes {
  const overrides: ModelOverride[] = [];
  const replacements: Replacement[] = [];
  for (const entry of plan.entries) {
    if (entry.kind !== "set" && entry.kind !== "replace") continue;
    const steps = overrideSteps(checker, env, entry.path);
    if (entry.each || (entry.kind === "set" && entry.upTo !== undefined)) {
      reportGrid(checker, entry);
      continue;
    }
    if (steps === undefined) continue;
    if (entry.kind === "replace") {
      for (const part of entry.parts) replacements.push({ steps, part, path: entry.path });
      continue;
    }
    const path = joinSteps(steps);
    // A phase may come back to the model's own value after another phase had changed it.
    const mayBeIdle = settersOf(checker, env, path, all) > 1;
    for (const { value } of readSet(checker, env, entry) ?? [])
      overrides.push({ path, value, mayBeIdle, span: entry.span });
  }
  return { overrides, replacements };
}

function settersOf(checker: Checker, env: Env, path: string, plans: readonly StagePlan[]): number {
  const entries = new Set(plans.flatMap((plan) => plan.entries));
  return [...entries].filter((entry) => {
    if (entry.kind !== "set") return false;
    const steps = overrideSteps(checker, env, entry.path);
    return steps !== undefined && joinSteps(steps) === path;
  }).length;
}

/** A stage is one run, so it has one value for each path. */
function reportGrid(context: Reporting, entry: Exclude<OverrideSyntax, { kind: "data" }>): void {
  const word = entry.kind === "set" ? "=" : "with";
  const params = {
    callee: `\`${entry.kind}\``,
    name: textOf(entry.path.span),
    needed: "one value in a stage",
    found: "a list of them",
  };
  context.sink.report("argument-type", entry.span, params, {
    hint: `write \`${word}\`; \`in\` makes the grid of an experiment`,
  });
}
