import type { OverrideSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import { textOf } from "../core/describe.ts";
import type { LoadedFile } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { checkData } from "../stages/check-policy.ts";
import type { PlanPlace } from "../stages/stage-values.ts";
import { noChanges } from "../variants/cell-changes.ts";
import { joinSteps, overrideSteps, readSet } from "../variants/read-overrides.ts";
import type { Choice, Dimension, Grid } from "./checked-experiment.ts";

/** Where an experiment reads its values: the model as it is declared, and the file of the experiment. */
export interface GridPlace extends PlanPlace {
  readonly file: LoadedFile;
}

/** Reading a grid: what is known of each path so far. */
interface Reading {
  readonly place: GridPlace;
  /** What is set for every cell. */
  readonly known: ModelOverride[];
  readonly paths: Set<string>;
}

/** The grid of an experiment over what its runs set already. */
export function gridOf(
  place: GridPlace,
  trials: readonly TrialSyntax[],
  before: readonly ModelOverride[],
): Grid {
  const reading: Reading = { place, known: [...before], paths: new Set() };
  const fixed: Choice[] = [];
  const dimensions: (Dimension | undefined)[] = [];
  const cases: Choice[] = [];
  const caseAt = (): number => {
    if (!dimensions.includes(undefined)) dimensions.push(undefined);
    return dimensions.indexOf(undefined);
  };
  for (const trial of trials) {
    if (trial.kind === "data") fixed.push(dataChoice(place, trial));
    if (trial.kind === "case") caseAt();
    if (trial.kind !== "set" && trial.kind !== "replace") continue;
    const choices = choicesOf(reading, trial);
    if (trial.each) dimensions.push({ names: namesOf(choices), choices });
    else fixed.push(...choices);
    for (const choice of trial.each ? [] : choices) reading.known.push(...choice.overrides);
  }
  for (const trial of trials) {
    if (trial.kind !== "case") continue;
    const parts = trial.overrides.flatMap((override) => caseChoices(reading, override));
    cases.push({ ...together(parts), name: trial.name.text });
  }
  const ofCases = { names: ["case", ...namesOf(cases)], choices: cases };
  return {
    fixed: together(fixed),
    dimensions: dimensions.map((one) => one ?? ofCases).filter(({ choices }) => choices.length > 0),
    paths: [...reading.paths],
  };
}

function namesOf(choices: readonly Choice[]): readonly string[] {
  return [...new Set(choices.flatMap(({ values }) => [...values.keys()]))];
}

/** Models that between them have every choice once: one with the first of each, then one per other choice. */
export function variantsOf({ fixed, dimensions }: Grid): readonly Choice[] {
  const first = dimensions.map(({ choices }) => choices[0] ?? noChoice);
  const variants = [together([fixed, ...first])];
  for (const [n, { choices }] of dimensions.entries()) {
    for (const choice of choices.slice(1)) {
      variants.push(together([fixed, ...first.map((one, m) => (m === n ? choice : one))]));
    }
  }
  return variants;
}

/** Every combination, the last dimension fastest. */
export function combinationsOf({ fixed, dimensions }: Grid): readonly Choice[] {
  let found: readonly (readonly Choice[])[] = [[]];
  for (const { choices } of dimensions)
    found = found.flatMap((before) => choices.map((choice) => [...before, choice]));
  return found.map((choices) => together([fixed, ...choices]));
}

export const noChoice: Choice = { ...noChanges, values: new Map(), name: undefined };

export function together(choices: readonly Choice[]): Choice {
  return {
    overrides: choices.flatMap((choice) => choice.overrides),
    replacements: choices.flatMap((choice) => choice.replacements),
    data: choices.findLast(({ data }) => data !== undefined)?.data,
    start: choices.findLast(({ start }) => start !== undefined)?.start,
    values: new Map(choices.flatMap(({ values }) => [...values])),
    name: choices.find(({ name }) => name !== undefined)?.name,
  };
}

function dataChoice(place: GridPlace, syntax: Extract<OverrideSyntax, { kind: "data" }>): Choice {
  const data = checkData(place, syntax);
  const shown = data.map(({ name, weight }) => (weight === 1 ? name : `${name} x ${weight}`));
  return { ...noChoice, data, values: new Map([["data", shown.join(", ")]]) };
}

/** A case is one choice, so it has one value for each path. */
function caseChoices(reading: Reading, override: OverrideSyntax): readonly Choice[] {
  if (override.kind === "data") return [dataChoice(reading.place, override)];
  if (!override.each) return choicesOf(reading, override);
  const params = {
    callee: `\`${override.kind}\``,
    name: textOf(override.path.span),
    needed: "one value in a case",
    found: "a list of them",
  };
  reading.place.checker.sink.report("argument-type", override.span, params, {
    hint: "`in` stands beside the cases and is a dimension of its own",
  });
  return [];
}

function choicesOf(
  { place: { checker, env, file }, known, paths }: Reading,
  syntax: Exclude<OverrideSyntax, { kind: "data" }>,
): readonly Choice[] {
  const steps = overrideSteps(checker, env, syntax.path);
  if (steps === undefined) return [];
  const path = joinSteps(steps);
  paths.add(path);
  if (syntax.kind === "replace") {
    return syntax.parts.map((part) => ({
      ...noChoice,
      replacements: [{ steps, part, path: syntax.path, file }],
      values: new Map([[path, textOf(part.span)]]),
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
      ...noChoice,
      overrides: [{ path, value, mayBeIdle, span: syntax.each ? syntax.path.span : syntax.span }],
      values: new Map([[path, String(value)]]),
    };
  });
}
