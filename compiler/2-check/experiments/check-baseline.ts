import { nearestNames } from "../../diagnostics/suggest.ts";
import type { OverrideSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import { textOf } from "../core/describe.ts";
import { joinSteps, overrideSteps, readSet } from "../variants/read-overrides.ts";
import type { Combination, Grid, LeftOut } from "./checked-experiment.ts";
import type { GridPlace } from "./grid-place.ts";

type BaselineSyntax = Extract<TrialSyntax, { kind: "baseline" }>;

/** By the number of a dimension: the choice that the baseline holds fixed. Undefined after a report. */
export function checkBaseline(
  place: GridPlace,
  syntax: BaselineSyntax,
  grid: Grid,
  {
    kept,
    leftOut,
  }: { readonly kept: readonly Combination[]; readonly leftOut: readonly LeftOut[] },
): ReadonlyMap<number, number> | undefined {
  const fixed =
    syntax.name === undefined ? valuesIn(place, syntax, grid) : caseIn(place, syntax, grid);
  if (fixed === undefined || kept.length === 0) return undefined;
  const isOne = ({ at }: Combination): boolean =>
    [...fixed].every(([dimension, choice]) => at[dimension] === choice);
  if (kept.some(isOne)) return fixed;
  const by = leftOut.find(({ combination }) => isOne(combination))?.by;
  const related = by === undefined ? [] : [{ span: by, text: "this leaves it out" }];
  const reason = by === undefined ? "no cell has these values" : "`where` leaves it out";
  place.checker.sink.report("unknown-baseline", syntax.span, { reason, nearest: [] }, { related });
  return undefined;
}

function caseIn(
  { checker }: GridPlace,
  { name, span }: BaselineSyntax,
  { dimensions }: Grid,
): ReadonlyMap<number, number> | undefined {
  const dimension = dimensions.findIndex(({ names }) => names.includes("case"));
  const cases = dimensions[dimension]?.choices ?? [];
  const choice = cases.findIndex((one) => one.name === name?.text);
  if (choice >= 0) return new Map([[dimension, choice]]);
  const text = name?.text ?? "";
  const nearest = nearestNames(
    text,
    cases.flatMap((one) => one.name ?? []),
  );
  const reason = `there is no case \`${text}\``;
  checker.sink.report("unknown-baseline", name?.span ?? span, { reason, nearest });
  return undefined;
}

function valuesIn(
  place: GridPlace,
  { overrides, span }: BaselineSyntax,
  { dimensions }: Grid,
): ReadonlyMap<number, number> | undefined {
  const { sink } = place.checker;
  const fixed = new Map<number, number>();
  const wanted = new Map<string, string>();
  for (const override of overrides) {
    const found = writtenValue(place, override);
    if (found === undefined) return undefined;
    const [path, value] = found;
    wanted.set(path, value);
    const dimension = dimensions.findIndex(({ names }) => names.includes(path));
    if (dimension < 0) {
      const reason = `no dimension of the experiment varies \`${path}\``;
      const nearest = nearestNames(
        path,
        dimensions.flatMap(({ names }) => names),
      );
      sink.report("unknown-baseline", override.span, { reason, nearest });
      return undefined;
    }
    const { choices = [], names = [] } = dimensions[dimension] ?? {};
    const own = names.filter((name) => wanted.has(name));
    const choice = choices.findIndex(({ values }) =>
      own.every((name) => values.get(name) === wanted.get(name)),
    );
    if (choice < 0) {
      const reason = `no cell has \`${path}\` as ${value}`;
      sink.report("unknown-baseline", override.span, { reason, nearest: [] });
      return undefined;
    }
    fixed.set(dimension, choice);
  }
  if (fixed.size > 0) return fixed;
  sink.report("unknown-baseline", span, { reason: "it names no value", nearest: [] });
  return undefined;
}

/** The path and the value as the grid writes them; undefined after a report. */
function writtenValue(
  place: GridPlace,
  override: OverrideSyntax,
): readonly [path: string, value: string] | undefined {
  const { checker, env } = place;
  if (override.kind === "data" || override.each) {
    const reason = "it holds one value of each path fixed";
    checker.sink.report("unknown-baseline", override.span, { reason, nearest: [] });
    return undefined;
  }
  const steps = overrideSteps(checker, env, override.path);
  if (steps === undefined) return undefined;
  const path = joinSteps(steps);
  if (override.kind === "replace") {
    const [part] = override.parts;
    return part && [path, textOf(part.span)];
  }
  const [first] = readSet(checker, env, override) ?? [];
  return first && [path, String(first.value)];
}
