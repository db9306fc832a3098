import type { CheckedProgram } from "../2-check/check-files.ts";
import type { Item } from "../2-check/core/entity.ts";
import { checkStage } from "../2-check/stages/check-stage.ts";
import type { CheckedPlan } from "../2-check/stages/checked-stage.ts";
import type { FoundStage } from "../2-check/stages/find-stage.ts";
import { makeModel } from "../2-check/variants/make-model.ts";
import type { ChosenCheckpoint } from "../2-check/weights/checkpoint-of.ts";
import { overConfig } from "../2-check/weights/read-config.ts";
import type { SourceRequest } from "../compile.ts";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import { phaseSteps } from "./phase-steps.ts";
import type { StagePurpose } from "./plan-batch.ts";

/** What of a request says how long a phase is. */
interface LengthRequest {
  readonly purpose?: StagePurpose | undefined;
  readonly steps?: number | undefined;
  readonly factorsAt?: readonly number[] | undefined;
  readonly stepsPerEpoch?: number | undefined;
}

/** The phase once more, in the model that the checkpoint and the command line make. */
export function planFor(
  program: CheckedProgram,
  found: FoundStage,
  chosen: ChosenCheckpoint | undefined,
  request: LengthRequest & Pick<SourceRequest, "overrides">,
  sink: DiagnosticSink,
): CheckedPlan | undefined {
  const { stage, phase, cell } = found;
  const below = chosen?.overrides ?? [];
  const above = overConfig([], request.overrides ?? []);
  const around = {
    sink,
    files: program.files,
    declared: (item: Item) => {
      const place = stage.syntax.of.span;
      if (below.length > 0)
        return makeModel(sink, {
          item,
          file: item.file,
          place,
          overrides: below,
          replacements: [],
        });
      const made = program.declared(item, place);
      return made && { ...made, checker: { ...made.checker, sink } };
    },
    noteType: () => {},
  };
  const steps = isScheduled(request) ? trainingSteps(found, request) : undefined;
  const variant = { phase, below, above, cell, steps };
  return checkStage(around, stage.file, stage.syntax, variant)?.plans[0];
}

/** How many steps a phase trains for: as is said, else as it says itself, where that is known. */
function trainingSteps(
  found: FoundStage,
  { steps, stepsPerEpoch }: LengthRequest,
): number | undefined {
  return steps ?? phaseSteps(found, stepsPerEpoch);
}

/** Whether anything is asked for that hangs on the number of steps. */
export function isScheduled({ purpose, steps, factorsAt }: LengthRequest): boolean {
  return purpose === "train" || steps !== undefined || factorsAt !== undefined;
}

/** Reports what a phase lacks that gradients alone do not need. */
export function assertTrainable(
  { name, span, optimizer }: CheckedPlan,
  sink: DiagnosticSink,
): void {
  if (optimizer !== undefined) return;
  const callee = `\`${name}\``;
  const missing = { callee, name: "optimizer", signature: "optimizer AdamW()" };
  sink.report("missing-argument", span, missing);
}

/** Reports a schedule over a number of steps that nobody knows. */
export function assertScheduled(
  { name, schedule, policy }: CheckedPlan,
  sink: DiagnosticSink,
): void {
  if (schedule?.supplied.includes("steps") === true && policy.length?.unit !== "steps")
    sink.report("steps-unknown", schedule.call.span, {
      stage: name,
      inEpochs: policy.length?.unit === "epochs",
    });
}
