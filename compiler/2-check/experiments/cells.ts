import type { OverrideSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import { textOf } from "../core/describe.ts";
import type { LoadedFile } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { checkData } from "../stages/check-policy.ts";
import { noChanges } from "../variants/cell-changes.ts";
import { joinSteps, overrideSteps, readSet } from "../variants/read-overrides.ts";
import { checkRange, checkSampling } from "./check-range.ts";
import type { Choice, Combination, Dimension, Grid } from "./checked-experiment.ts";
import { drawPoints } from "./draw.ts";
import type { GridPlace } from "./grid-place.ts";
import { isRatePath } from "./rate-paths.ts";
import type { WrittenTrial } from "./written-trials.ts";

/** Reading a grid: what is known of each path so far. */
interface Reading {
  readonly placeOf: (file: LoadedFile) => GridPlace;
  /** What is set for every cell. */
  readonly known: ModelOverride[];
  readonly paths: Set<string>;
}

/** A dimension whose place is taken before its choices are known: all cases together, all ranges together. */
interface LateDimension {
  readonly kind: "cases" | "ranges";
}

/** The grid of an experiment over what its run sets already; `placeOf` gives names their meaning. */
export function gridOf(
  trials: readonly WrittenTrial[],
  placeOf: Reading["placeOf"],
  before: readonly ModelOverride[],
): Grid {
  const reading: Reading = { placeOf, known: [...before], paths: new Set() };
  const fixed: Choice[] = [];
  const order: (Dimension | LateDimension)[] = [];
  const once = (kind: LateDimension["kind"]): void => {
    if (!order.some((one) => "kind" in one && one.kind === kind)) order.push({ kind });
  };
  for (const written of trials) {
    const { syntax, file } = written;
    if (syntax.kind === "data") fixed.push(dataChoice(placeOf(file), syntax));
    else if (syntax.kind === "case") once("cases");
    else if (syntax.kind === "pair") order.push(dimensionOf(pairChoices(reading, syntax, file)));
    else if (syntax.kind === "set" && syntax.upTo !== undefined) once("ranges");
    else if (syntax.kind === "set" || syntax.kind === "replace") {
      const choices = choicesOf(reading, syntax, file);
      if (syntax.each) order.push(dimensionOf(choices));
      else fixed.push(...choices);
      for (const choice of syntax.each ? [] : choices) reading.known.push(...choice.overrides);
    }
  }
  const late = {
    cases: () => casesOf(reading, trials),
    ranges: () => dimensionOf(drawnChoices(reading, trials)),
  };
  const dimensions = order.map((one) => ("kind" in one ? late[one.kind]() : one));
  if (!order.some((one) => "kind" in one && one.kind === "ranges")) drawnChoices(reading, trials);
  reportTwice(trials, placeOf);
  return {
    fixed: together(fixed),
    dimensions: dimensions.filter(({ choices }) => choices.length > 0),
    paths: [...reading.paths],
  };
}

function dimensionOf(choices: readonly Choice[]): Dimension {
  return { names: namesOf(choices), choices };
}

function casesOf(reading: Reading, trials: readonly WrittenTrial[]): Dimension {
  const cases = trials.flatMap(({ syntax, file }): Choice[] => {
    if (syntax.kind !== "case") return [];
    const parts = syntax.overrides.flatMap((override) => caseChoices(reading, override, file));
    return [{ ...together(parts), name: syntax.name.text }];
  });
  return { names: ["case", ...namesOf(cases)], choices: cases };
}

/** Points of all ranges together, as many as `sample` says; what is drawn twice is there once. */
function drawnChoices(reading: Reading, trials: readonly WrittenTrial[]): readonly Choice[] {
  const ranges = trials.flatMap(({ syntax, file }) => {
    const isRange = syntax.kind === "set" && syntax.upTo !== undefined;
    return isRange ? [{ syntax, range: checkRange(reading.placeOf(file), syntax) }] : [];
  });
  const [sample] = trials.flatMap(({ syntax, file }) =>
    syntax.kind === "sample" ? [{ syntax, file }] : [],
  );
  if (sample === undefined || ranges.length === 0) {
    const [wrong] = sample === undefined ? ranges : [sample];
    const place = trials[0] && reading.placeOf(trials[0].file);
    const what = sample === undefined ? "range" : "sample";
    if (wrong !== undefined)
      place?.checker.sink.report("unsampled-range", wrong.syntax.span, { what });
    return [];
  }
  const sampling = checkSampling(reading.placeOf(sample.file), sample.syntax);
  const right = ranges.flatMap(({ range }) => range ?? []);
  if (sampling === undefined || right.length < ranges.length) return [];
  for (const { path } of right) reading.paths.add(path);
  const seen = new Set<string>();
  return drawPoints(right, sampling).flatMap((point): Choice[] => {
    const text = point.join(" ");
    if (seen.has(text)) return [];
    seen.add(text);
    const set = right.map(({ path, isRate, syntax: { span } }, n) => {
      return { isRate, one: { path, value: point[n] ?? 0, mayBeIdle: true, span } };
    });
    const overrides = set.filter(({ isRate }) => !isRate).map(({ one }) => one);
    const rates = set.filter(({ isRate }) => isRate).map(({ one }) => one);
    const values = new Map(set.map(({ one: { path, value } }) => [path, String(value)]));
    return [{ ...noChoice, overrides, rates, values }];
  });
}

/** Values that are taken side by side, as many as each line has. */
function pairChoices(
  reading: Reading,
  { overrides }: Extract<TrialSyntax, { kind: "pair" }>,
  file: LoadedFile,
): readonly Choice[] {
  const { sink } = reading.placeOf(file).checker;
  const lists = overrides.map((override) => {
    const isList = override.kind !== "data" && override.each && !hasRange(override);
    if (isList) return { override, choices: choicesOf(reading, override, file) };
    const params = { callee: "`pair`", name: override.kind, needed: "a list of values after `in`" };
    sink.report("argument-type", override.span, { ...params, found: textOf(override.span) });
    return { override, choices: [] };
  });
  if (lists.some(({ choices }) => choices.length === 0)) return [];
  const [first] = lists;
  const other = lists.find(({ choices }) => choices.length !== first?.choices.length);
  if (first === undefined) return [];
  if (other !== undefined) {
    const lengths = { first: first.choices.length, other: other.choices.length };
    const related = [{ span: first.override.span, text: `${lengths.first} values` }];
    sink.report("pair-lengths", other.override.span, lengths, { related });
    return [];
  }
  return first.choices.map((_, n) => together(lists.map(({ choices }) => choices[n] ?? noChoice)));
}

function hasRange(override: OverrideSyntax): boolean {
  return override.kind === "set" && override.upTo !== undefined;
}

/** Two dimensions of one path would be cells of which one is a lie. */
function reportTwice(trials: readonly WrittenTrial[], placeOf: Reading["placeOf"]): void {
  const seen = new Map<string, OverrideSyntax>();
  for (const { syntax, file } of trials) {
    const overrides = syntax.kind === "pair" ? syntax.overrides : [syntax];
    for (const override of overrides) {
      if ((override.kind !== "set" && override.kind !== "replace") || !override.each) continue;
      const name = textOf(override.path.span);
      const key = `${override.kind} ${name}`;
      const earlier = seen.get(key);
      seen.set(key, override);
      if (earlier === undefined) continue;
      const related = [{ span: earlier.span, text: "the earlier line" }];
      const where = "the dimensions of the experiment";
      placeOf(file).checker.sink.report(
        "declared-twice",
        override.span,
        { name, where },
        { related },
      );
    }
  }
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

/** How many combinations a grid has. */
export function countCombinations({ dimensions }: Grid): number {
  return dimensions.reduce((product, { choices }) => product * choices.length, 1);
}

/** Every combination, the last dimension fastest. */
export function combinationsOf({ fixed, dimensions }: Grid): readonly Combination[] {
  let found: readonly (readonly number[])[] = [[]];
  for (const { choices } of dimensions)
    found = found.flatMap((before) => choices.map((_, n) => [...before, n]));
  return found.map((at) => {
    const chosen = dimensions.map(({ choices }, n) => choices[at[n] ?? 0] ?? noChoice);
    return { ...together([fixed, ...chosen]), at };
  });
}

export const noChoice: Choice = { ...noChanges, values: new Map(), name: undefined };

export function together(choices: readonly Choice[]): Choice {
  return {
    overrides: choices.flatMap((choice) => choice.overrides),
    replacements: choices.flatMap((choice) => choice.replacements),
    rates: choices.flatMap((choice) => choice.rates),
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
function caseChoices(
  reading: Reading,
  override: OverrideSyntax,
  file: LoadedFile,
): readonly Choice[] {
  const place = reading.placeOf(file);
  if (override.kind === "data") return [dataChoice(place, override)];
  if (!override.each && !hasRange(override)) return choicesOf(reading, override, file);
  const params = {
    callee: `\`${override.kind}\``,
    name: textOf(override.path.span),
    needed: "one value in a case",
    found: "a list of them",
  };
  place.checker.sink.report("argument-type", override.span, params, {
    hint: "`in` stands beside the cases and is a dimension of its own",
  });
  return [];
}

function choicesOf(
  { placeOf, known, paths }: Reading,
  syntax: Exclude<OverrideSyntax, { kind: "data" }>,
  file: LoadedFile,
): readonly Choice[] {
  const place = placeOf(file);
  const { checker, env } = place;
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
    const set = { path, value, mayBeIdle, span: syntax.each ? syntax.path.span : syntax.span };
    return {
      ...noChoice,
      ...(isRatePath(place, steps) ? { rates: [set] } : { overrides: [set] }),
      values: new Map([[path, String(value)]]),
    };
  });
}
