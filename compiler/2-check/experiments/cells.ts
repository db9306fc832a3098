import type { ExperimentSyntax, OverrideSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Checker } from "../core/checker.ts";
import { textOf } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import type { Replacement } from "../variants/make-model.ts";
import { joinSteps, overrideSteps, readSet } from "../variants/read-overrides.ts";

/** One choice of the grid: a value of a `set ... in`, a part of a `replace ... in`, a `case`. */
interface Choice {
  readonly overrides: readonly ModelOverride[];
  readonly replacements: readonly Replacement[];
}

interface Grid {
  /** What every cell has. */
  readonly fixed: Choice;
  /** Each `in`, and all cases together: its choices. */
  readonly dimensions: readonly (readonly Choice[])[];
  /** Paths that the experiment changes: columns of its reports. */
  readonly paths: readonly string[];
}

/** The grid of an experiment over what its runs set already. */
export function gridOf(
  checker: Checker,
  env: Env,
  experiment: ExperimentSyntax,
  before: readonly ModelOverride[],
): Grid {
  const paths = new Set<string>();
  const fixed: Choice[] = [];
  const dimensions: (readonly Choice[])[] = [];
  const known = [...before];
  for (const trial of experiment.trials) {
    if (trial.kind !== "set" && trial.kind !== "replace") continue;
    const choices = choicesOf(checker, env, trial, known, paths);
    if (trial.each) dimensions.push(choices);
    else fixed.push(...choices);
    for (const choice of trial.each ? [] : choices) known.push(...choice.overrides);
  }
  const cases = experiment.trials.flatMap((trial): Choice[] => {
    if (trial.kind !== "case") return [];
    const parts = trial.overrides.flatMap((override) =>
      caseChoice(checker, env, override, known, paths),
    );
    return [together(parts)];
  });
  if (cases.length > 0) dimensions.push(cases);
  return { fixed: together(fixed), dimensions, paths: [...paths] };
}

/** Models that between them have every choice once: one with the first of each, then one per other choice. */
export function variantsOf({ fixed, dimensions }: Grid): readonly Choice[] {
  const first = dimensions.map((choices) => choices[0] ?? nothing);
  const variants = [together([fixed, ...first])];
  for (const [n, choices] of dimensions.entries()) {
    for (const choice of choices.slice(1)) {
      variants.push(together([fixed, ...first.map((one, m) => (m === n ? choice : one))]));
    }
  }
  return variants;
}

const nothing: Choice = { overrides: [], replacements: [] };

function together(choices: readonly Choice[]): Choice {
  return {
    overrides: choices.flatMap((choice) => choice.overrides),
    replacements: choices.flatMap((choice) => choice.replacements),
  };
}

/** A case is one choice, so it has one value for each path. */
function caseChoice(
  checker: Checker,
  env: Env,
  override: OverrideSyntax,
  known: readonly ModelOverride[],
  paths: Set<string>,
): readonly Choice[] {
  if (override.kind === "data") return [];
  if (!override.each) return choicesOf(checker, env, override, known, paths);
  const params = {
    callee: `\`${override.kind}\``,
    name: textOf(override.path.span),
    needed: "one value in a case",
    found: "a list of them",
  };
  checker.sink.report("argument-type", override.span, params, {
    hint: "`in` stands beside the cases and is a dimension of its own",
  });
  return [];
}

function choicesOf(
  checker: Checker,
  env: Env,
  syntax: Exclude<OverrideSyntax, { kind: "data" }>,
  known: readonly ModelOverride[],
  paths: Set<string>,
): readonly Choice[] {
  const steps = overrideSteps(checker, env, syntax.path);
  if (steps === undefined) return [];
  const path = joinSteps(steps);
  paths.add(path);
  if (syntax.kind === "replace") {
    return syntax.parts.map((part) => ({
      overrides: [],
      replacements: [{ steps, part, path: syntax.path }],
    }));
  }
  const earlier = known.findLast((one) => one.path === path);
  const seen = new Set<ModelOverride["value"]>(earlier === undefined ? [] : [earlier.value]);
  return (readSet(checker, env, syntax) ?? []).map(({ value, span }) => {
    // Two cells of a list that are the same model are as idle as a value that is there already.
    if (seen.has(value))
      checker.sink.report("idle-override", syntax.each ? span : syntax.span, {
        path,
        value: String(value),
      });
    if (syntax.each) seen.add(value);
    const mayBeIdle = syntax.each || earlier !== undefined;
    return {
      overrides: [{ path, value, mayBeIdle, span: syntax.each ? syntax.path.span : syntax.span }],
      replacements: [],
    };
  });
}
