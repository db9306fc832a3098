import { nearestNames } from "../../diagnostics/suggest.ts";
import type { TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { ArgSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { textOf } from "../core/describe.ts";
import { checkArguments } from "../variants/check-arguments.ts";
import type { KnownMeasure, KnownMeasures } from "../variants/known-measures.ts";
import { plainStatic } from "../variants/read-overrides.ts";
import type { CheckedMeasure, CheckedRun } from "./checked-experiment.ts";
import type { GridPlace } from "./grid-place.ts";
import { watchedBy } from "./watched-by.ts";

export interface MeasureSurroundings {
  /** Undefined where nothing is to be said of measures. */
  readonly measures: KnownMeasures | undefined;
  readonly run: CheckedRun | undefined;
}

type MeasureSyntax = Extract<TrialSyntax, { kind: "measure" }>;

/** The measure with the numbers that it gives; undefined after a report, so that columns of it are silent. */
export function checkMeasure(
  place: GridPlace,
  { name, value }: MeasureSyntax,
  { measures, run }: MeasureSurroundings,
): CheckedMeasure | undefined {
  const { checker, env } = place;
  const callee = value.kind === "call" && value.callee.kind === "name" ? value.callee : undefined;
  if (value.kind === "error") return undefined;
  if (callee === undefined || value.kind !== "call") {
    const params = {
      callee: "`measure`",
      name: name.text,
      needed: "a call of a measure",
      found: `\`${textOf(value.span)}\``,
    };
    checker.sink.report("argument-type", value.span, params);
    return undefined;
  }
  if (measures === undefined) return undefined;
  const task = callee.name;
  const measure = measures.get(task);
  if (measure === undefined) {
    checker.sink.report("unknown-measure", callee.span, {
      name: task,
      nearest: nearestNames(task, measures.keys()),
      available: [...measures.keys()],
    });
    return undefined;
  }
  const args = value.args ?? [];
  const { parameters, isOfStage } = measure;
  const settings: Record<string, CheckedMeasure["settings"][string]> = {};
  for (const [setting, found] of checkArguments(checker, env, task, parameters, args, value.span)) {
    const plain = plainStatic(checker, found);
    if (plain !== undefined) settings[setting] = plain;
  }
  const spanOf = (parameter: string): Span =>
    argumentOf(measure, args, parameter)?.value.span ?? value.span;
  const asked = { task, measure, settings, spanOf };
  reportModes(place, asked);
  const fields = fieldsOn(place, asked);
  return (
    fields && {
      name: name.text,
      task,
      settings,
      fields: isOfStage ? [...fields, ...watchedBy(run)] : fields,
    }
  );
}

interface Asked {
  readonly task: string;
  readonly measure: KnownMeasure;
  readonly settings: CheckedMeasure["settings"];
  /** Of an argument, or of the call where it is not given. */
  readonly spanOf: (parameter: string) => Span;
}

function argumentOf(
  { parameters }: KnownMeasure,
  args: readonly ArgSyntax[],
  wanted: string,
): ArgSyntax | undefined {
  return args.find(({ name }, position) => (name?.text ?? parameters[position]?.name) === wanted);
}

/** The numbers that a measure gives on the data set that is named; undefined after a report. */
function fieldsOn(
  { checker }: GridPlace,
  { task, measure: { sets, open }, settings, spanOf }: Asked,
): readonly string[] | undefined {
  const { dataset, split, data } = settings;
  const fields = sets.get(typeof dataset === "string" ? dataset : "");
  const names = [...sets.keys()].filter((set) => set !== "");
  const callee = `\`${task}\``;
  if (fields !== undefined) {
    if (split === undefined || open === undefined || dataset === undefined) return fields;
    const found = `\`${split}\` beside \`${dataset}\`, of which the evaluation has one part`;
    const params = { callee, name: "split", needed: "a `dataset` that is a folder", found };
    checker.sink.report("argument-type", spanOf("split"), params);
    return fields;
  }
  // That an argument is missing or wrong was told.
  if (typeof dataset !== "string") return undefined;
  if (open !== undefined && data === undefined) return open;
  const nearest = nearestNames(dataset, names);
  const hint =
    names.length > 8 ? undefined : `there are ${names.map((set) => `\`${set}\``).join(", ")}`;
  checker.sink.report(
    "unknown-name",
    spanOf("dataset"),
    { kind: `data set of ${callee}`, name: dataset, nearest },
    nearest.length === 0 && hint !== undefined ? { hint } : {},
  );
  return undefined;
}

/** Every mode that is run is one of the model; the first that is not is told. */
function reportModes(
  { checker, instance }: GridPlace,
  { task, measure: { modes }, settings: { mode: given }, spanOf }: Asked,
): void {
  const [usual = "", ...others] = modes;
  const first = typeof given === "string" ? given : usual;
  const missing =
    modes.length === 0 ? undefined : [first, ...others].find((name) => !instance.modes.has(name));
  if (missing === undefined) return;
  const available = [...instance.modes.keys()];
  const model = instance.syntax.name.text;
  const params = { model, name: missing, nearest: nearestNames(missing, available), available };
  const listed = available.map((mode) => `\`${mode}\``).join(", ");
  const hint = `\`${task}\` runs it; \`mode\` names another, of ${listed}`;
  const isUsual = missing === usual && given === undefined;
  checker.sink.report("unknown-mode", spanOf("mode"), params, isUsual ? { hint } : {});
}
