import type { StageSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import { defineAxis } from "../axes/define-axis.ts";
import { checkRecordColumns } from "../bodies/check-columns.ts";
import { openSignature, type ParameterValue } from "../bodies/open-signature.ts";
import { checkReader } from "../bodies/readers.ts";
import { runLet } from "../bodies/statements.ts";
import type { Checker } from "../core/checker.ts";
import {
  type Callable,
  type Entity,
  type Env,
  errorEntity,
  type LoadedFile,
} from "../core/entity.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { declareInside } from "../values/names.ts";
import type { CheckedInput } from "./checked-stage.ts";
import type { StagePlan } from "./stage-plans.ts";

interface StageNames {
  readonly env: Env;
  /** The number of steps, for the schedule. */
  readonly steps: Entity;
}

/**
 * Names of a plan over those of its model: `batch` and `steps`, which nobody knows without an entry,
 * `training`, and the axes and lets of the plan itself. A number of steps that is said goes before the plan's.
 */
export function stageNames(
  checker: Checker,
  outer: Env,
  plan: StagePlan,
  said?: number,
): StageNames {
  const env: Env = { ...outer, scope: new Scope("module", outer.scope) };
  declareTraining(env.scope, true);
  const batch = plan.entries.find((entry) => entry.kind === "batch")?.size;
  const length = plan.entries.find((entry) => entry.kind === "setting" && entry.name === "steps");
  const until = plan.phase?.unit.text === "steps" ? plan.phase.amount : undefined;
  declareNumber(checker, env, "batch", batch);
  const written = length?.kind === "setting" ? length.value : until;
  const steps = declareNumber(checker, env, "steps", written, said);
  for (const entry of plan.entries) {
    if (entry.kind === "axis") {
      const axes = defineAxis(checker, env, entry)?.axes;
      declareInside(
        checker,
        env.scope,
        entry.name,
        axes === undefined ? errorEntity : { kind: "axes", axes },
        "axis",
      );
    } else if (entry.kind === "let") runLet(checker, env, entry, "setting");
  }
  return { env, steps };
}

export function declareTraining(scope: Scope, value: boolean): void {
  const entity = { kind: "static", value: { type: "bool", value } } as const;
  scope.declare("training", { entity, span: undefined, role: "setting" });
}

function declareNumber(
  checker: Checker,
  env: Env,
  name: string,
  expr: ParamSyntax["default"],
  said?: number,
): Entity {
  const given =
    expr === undefined
      ? undefined
      : asOperand(checker, env, checker.evaluate(checker, env, expr), expr.span);
  const isNumber = given?.kind === "static" && given.value.type === "int";
  const { sizes } = checker;
  const value = said === undefined ? sizes.variable(name, 0) : sizes.constant(said);
  const entity: Entity =
    isNumber && said === undefined ? given : { kind: "static", value: { type: "int", value } };
  env.scope.declare(name, { entity, span: expr?.span, role: "setting" });
  return entity;
}

/** What a record is like: a signature without a result. */
export function recordOf(file: LoadedFile, { name, params }: StageSyntax): Callable {
  const { span, text } = name;
  const result = { kind: "many", entries: [], span } as const;
  const signature = { braces: undefined, params, result, where: [], span };
  return { name: text, signature, body: undefined, file, span };
}

/** A training record as names of the loss. */
interface OpenRecord {
  readonly env: Env;
  readonly inputs: readonly CheckedInput[];
}

/**
 * One training record: the inputs of the loss, whose free axes every batch binds anew. `makeValue` makes
 * the tensor of an input, of which the check needs only the type.
 */
export function openRecord(
  checker: Checker,
  outer: Env,
  file: LoadedFile,
  stage: StageSyntax,
  makeValue: ParameterValue,
): OpenRecord {
  const callable = recordOf(file, stage);
  const { env } = openSignature(checker, outer, callable, makeValue);
  const inputs = stage.params.map((syntax): CheckedInput => {
    const reader = checkReader(checker, outer, syntax);
    if (reader !== undefined) checkRecordColumns(checker, stage.params, syntax, reader);
    return { name: syntax.name.text, syntax, reader };
  });
  return { env, inputs };
}
