import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { StageSyntax } from "../../ir/syntax/entry-syntax.ts";
import { type Elaboration, everything, signatureOnly } from "../core/elaboration.ts";
import type { Item, LoadedFile } from "../core/meaning.ts";
import { findSubject } from "../variants/find-subject.ts";
import { type MadeModel, makeModel } from "../variants/make-model.ts";
import { modelEnv, promisedEnv } from "../variants/model-scope.ts";
import type { Surroundings } from "../variants/surroundings.ts";
import { checkGroups, type SelectorPlace } from "./check-groups.ts";
import { checkLoss, checkWatched } from "./check-loss.ts";
import { checkOptimizer, checkSchedule } from "./check-optimizer.ts";
import { checkPhaseLength, checkPolicy } from "./check-policy.ts";
import { changesOf } from "./plan-overrides.ts";
import { openRecord, stageNames } from "./stage-names.ts";
import { plansOf, type StagePlan } from "./stage-plans.ts";

/**
 * Names and types of a stage: every phase is checked in the model as its overrides make it, with the
 * slots seen through their interfaces. Which parameters the loss reaches, and what it all costs, is
 * found out when the stage is elaborated.
 */
export function checkStage(around: Surroundings, file: LoadedFile, stage: StageSyntax): void {
  const subject = findSubject(around.sink, file, stage.of);
  if (subject === undefined) return;
  const plans = plansOf(around.sink, stage);
  const declared = around.declared(subject.item, stage.of.span);
  if (declared === undefined) return;
  const check: StageCheck = { around, file, stage, item: subject.item, declared };
  for (const plan of plans) {
    const made = modelOf(check, plan, plans);
    if (made !== undefined) checkPlan(check, plan, made);
  }
}

interface StageCheck {
  readonly around: Surroundings;
  readonly file: LoadedFile;
  readonly stage: StageSyntax;
  readonly item: Item;
  /** The model before the stage sets anything in it. */
  readonly declared: MadeModel;
}

/** The model of a plan. Its values are read where the model is as it was declared. */
function modelOf(
  { around: { sink }, file, stage, item, declared }: StageCheck,
  plan: StagePlan,
  plans: readonly StagePlan[],
): MadeModel | undefined {
  const on = signatureOnly(declared.on);
  // The plan's own axes may have a size only in the model that the plan makes: that is told there.
  const silent: Elaboration = { ...on, sink: new DiagnosticSink() };
  const { env } = stageNames(silent, modelEnv(file, declared.instance), plan);
  const changes = changesOf(on, env, plan, plans);
  if (changes.overrides.length === 0 && changes.replacements.length === 0) return declared;
  const made = makeModel(sink, { item, file, place: stage.of.span, ...changes });
  // An override that is wrong leaves its model, in which the rest of the stage can still be checked.
  return made ?? (changes.replacements.length === 0 ? declared : undefined);
}

function checkPlan({ around, file, stage }: StageCheck, plan: StagePlan, made: MadeModel): void {
  const { instance } = made;
  const on: Elaboration = {
    ...signatureOnly(made.on),
    noteType: (...found) => around.noteType(on, ...found),
  };
  const { env: names, steps } = stageNames(on, promisedEnv(file, instance), plan);
  const env = openRecord(on, names, file, stage);
  const place: SelectorPlace = { on, env: names, instance };
  for (const entry of plan.entries) {
    switch (entry.kind) {
      case "loss":
        checkLoss(on, env, entry.body);
        break;
      case "watch":
        checkWatched(on, entry.names, plan.entries.find((one) => one.kind === "loss")?.body);
        break;
      case "optimizer":
        checkOptimizer({ ...on, known: everything }, names, entry.part, around.files);
        break;
      case "setting":
        if (entry.name === "schedule") checkSchedule(on, names, entry.value, steps);
        else checkPolicy(place, entry);
        break;
      default:
        checkPolicy(place, entry);
    }
  }
  checkGroups(place, plan);
  if (plan.phase !== undefined) checkPhaseLength(place, plan.phase);
  if (plan.isBase || plan.entries.some((entry) => entry.kind === "loss")) return;
  const params = { callee: `\`${plan.name}\``, name: "loss", signature: "loss { ... }" };
  on.sink.report("missing-argument", plan.span, params);
}
