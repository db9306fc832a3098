import { nearestNames } from "../../diagnostics/suggest.ts";
import type { TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import { textOf } from "../core/describe.ts";
import { numberOf } from "../stages/stage-values.ts";
import { atLeastOne } from "../variants/value-range.ts";
import type { CheckedExperiment, CheckedRun } from "./checked-experiment.ts";
import type { GridPlace } from "./grid-place.ts";
import { watchedBy } from "./watched-by.ts";

/** `halve by 3 from 100 steps on loss`; undefined after a report. */
export function checkHalving(
  place: GridPlace,
  syntax: Extract<TrialSyntax, { kind: "halve" }>,
  run: CheckedRun | undefined,
  measured: ReadonlyMap<string, readonly string[] | undefined>,
): CheckedExperiment["halving"] {
  const { sink } = place.checker;
  const by = numberOf(place, { entry: "halve", name: "by" }, syntax.by, "float", aboveOne);
  const from = numberOf(place, { entry: "halve", name: "from" }, syntax.from, "int", atLeastOne);
  const on = textOf(syntax.on.span);
  const known = [
    "loss",
    ...watchedBy(run),
    ...[...measured].flatMap(([name, fields = []]) => fields.map((field) => `${name}.${field}`)),
  ];
  const [measure = ""] = on.split(".");
  // Of a measure that nobody knows something was told, or nothing is to be.
  const isUnknown = measured.has(measure) && measured.get(measure) === undefined;
  if (!known.includes(on) && !isUnknown) {
    const hint = "it is `loss`, what the stage watches, or a number of a measure";
    const nearest = nearestNames(on, known);
    const params = { kind: "metric", name: on, nearest };
    sink.report("unknown-name", syntax.on.span, params, nearest.length === 0 ? { hint } : {});
  }
  if (run?.length?.unit === "minutes") {
    const needed = "a run for steps or flops";
    const params = {
      callee: "`halve`",
      name: { phrase: "the experiment" },
      needed,
      found: "one for minutes",
    };
    const related = [{ span: run.span, text: "where rungs are reached is not known before" }];
    sink.report("argument-type", syntax.span, params, { related });
    return undefined;
  }
  return by === undefined || from === undefined ? undefined : { by, from, on };
}

const aboveOne = { says: "above 1", holds: (value: number) => value > 1 };
