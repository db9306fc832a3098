import type { StageSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import { defineAxis } from "../axes/define-axis.ts";
import { openSignature, type ParameterValue } from "../bodies/open-signature.ts";
import { checkReader } from "../bodies/readers.ts";
import { runLet } from "../bodies/statements.ts";
import type { Elaboration } from "../core/elaboration.ts";
import {
  type Callable,
  type Env,
  errorMeaning,
  type LoadedFile,
  type Meaning,
} from "../core/meaning.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { declareInside } from "../values/names.ts";
import { checkRecordColumns } from "./check-record.ts";
import type { CheckedInput } from "./checked-stage.ts";
import type { StagePlan } from "./stage-plans.ts";

export interface StageNames {
  readonly env: Env;
  /** The number of steps, for the schedule. */
  readonly steps: Meaning;
}

/**
 * Names of a plan over those of its model: `batch` and `steps`, which nobody knows without an entry,
 * `training`, and the axes and lets of the plan itself.
 */
export function stageNames(on: Elaboration, outer: Env, plan: StagePlan): StageNames {
  const env: Env = { ...outer, scope: new Scope("module", outer.scope) };
  env.scope.declare("training", {
    meaning: { kind: "static", value: { type: "bool", value: true } },
    span: undefined,
    role: "setting",
  });
  const batch = plan.entries.find((entry) => entry.kind === "batch")?.size;
  const length = plan.entries.find((entry) => entry.kind === "setting" && entry.name === "steps");
  const until = plan.phase?.unit.text === "steps" ? plan.phase.amount : undefined;
  declareNumber(on, env, "batch", batch);
  const steps = declareNumber(on, env, "steps", length?.kind === "setting" ? length.value : until);
  for (const entry of plan.entries) {
    if (entry.kind === "axis") {
      const axes = defineAxis(on, env, entry)?.axes;
      declareInside(
        on,
        env.scope,
        entry.name,
        axes === undefined ? errorMeaning : { kind: "axes", axes },
        "axis",
      );
    } else if (entry.kind === "let") runLet(on, env, entry, "setting");
  }
  return { env, steps };
}

function declareNumber(
  on: Elaboration,
  env: Env,
  name: string,
  expr: ParamSyntax["default"],
): Meaning {
  const given =
    expr === undefined ? undefined : asOperand(on, env, on.evaluate(on, env, expr), expr.span);
  const isNumber = given?.kind === "static" && given.value.type === "int";
  const meaning: Meaning = isNumber
    ? given
    : { kind: "static", value: { type: "int", value: on.sizes.variable(name, 0) } };
  env.scope.declare(name, { meaning, span: expr?.span, role: "setting" });
  return meaning;
}

/** A training record as names of the loss. */
export interface OpenRecord {
  readonly env: Env;
  readonly inputs: readonly CheckedInput[];
}

/**
 * One training record: the inputs of the loss, whose free axes every batch binds anew. `makeValue` makes
 * the tensor of an input, of which the check needs only the type.
 */
export function openRecord(
  on: Elaboration,
  outer: Env,
  file: LoadedFile,
  stage: StageSyntax,
  makeValue: ParameterValue,
): OpenRecord {
  const { span, text } = stage.name;
  const result = { kind: "many", entries: [], span } as const;
  const signature = { braces: undefined, params: stage.params, result, where: [], span };
  const callable: Callable = { name: text, signature, body: undefined, file, span };
  const { env } = openSignature(on, outer, callable, makeValue);
  const inputs = stage.params.map((syntax): CheckedInput => {
    const reader = checkReader(on, outer, syntax);
    if (reader !== undefined) checkRecordColumns(on, stage.params, syntax, reader);
    return { name: syntax.name.text, syntax, reader };
  });
  return { env, inputs };
}
