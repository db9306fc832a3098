import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { entriesOf, plansOf } from "../stages/stage-plans.ts";
import type { CheckedRun } from "./checked-experiment.ts";

/** Names of what the stage of a run watches. */
export function watchedBy(run: CheckedRun | undefined): readonly string[] {
  if (run === undefined) return [];
  const plans = plansOf(new DiagnosticSink(), run.stage);
  return plans.flatMap((plan) =>
    entriesOf(plan, "watch").flatMap(({ names }) => names.map(({ text }) => text)),
  );
}
