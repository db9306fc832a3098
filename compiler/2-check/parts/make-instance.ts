import { noFacts, withFacts } from "../../dims/facts.ts";
import type { ModuleSyntax, ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { evaluateType } from "../axes/types.ts";
import { checkWhere, statedFacts } from "../axes/where-facts.ts";
import type { Checker, Fill } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import {
  type Callable,
  type Entity,
  type Env,
  errorEntity,
  type Instance,
  type LoadedFile,
  type Mode,
  type StaticType,
} from "../core/entity.ts";
import { initOf } from "../core/init.ts";
import { emptyInstance, madeHere, unknownStatic } from "../core/instances.ts";
import { overrideSetting } from "../core/overrides.ts";
import { rootFrame } from "../core/root-frame.ts";
import { coerceStatic } from "../values/coerce.ts";
import { declareMember } from "../values/names.ts";
import { bindFormals, type FormalGiven } from "./bind-formals.ts";
import { declareMembers } from "./declare-members.ts";
import { headOf, type PartArguments } from "./part-arguments.ts";

interface InstanceRequest {
  readonly syntax: ModuleSyntax;
  readonly file: LoadedFile;
  readonly path: string;
  /** Undefined in the generic check of the declaration itself: nothing is known. */
  readonly given: PartArguments | undefined;
  /** Where the part is written. */
  readonly env: Env;
  readonly span: Span;
  readonly fills: readonly Fill[];
  readonly begun?: ((instance: Instance) => void) | undefined;
}

/** An instance of a module: axes, then settings, then facts, then members in order. */
export function makeInstance(checker: Checker, request: InstanceRequest): Instance | undefined {
  const { syntax, given, span } = request;
  const instance = emptyInstance(request.path, syntax, request.file);
  if (given !== undefined) instance.madeAt = span;
  const reason = madeHere(instance);
  const fill = () => fillInstance(checker, instance, request);
  return (reason === undefined ? fill() : checker.sink.within(reason, fill)) ? instance : undefined;
}

function fillInstance(checker: Checker, instance: Instance, request: InstanceRequest): boolean {
  const { syntax, given, env, span } = request;
  const inner: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  const formals = (formal: ModuleSyntax["formals"][number]): FormalGiven => {
    if (given === undefined) return { kind: "unknown" };
    const arg = given.formals.get(formal);
    return arg === undefined
      ? { kind: "default", count: given.formals.size }
      : { kind: "written", axis: arg.value.axis, env: arg.env, inside: arg.inside };
  };
  if (!bindFormals(checker, instance, inner, syntax.formals, formals, { span, callee: syntax }))
    return false;
  for (const param of syntax.params)
    if (!bindSetting(checker, instance, inner, param, request)) return false;
  const where =
    given === undefined
      ? statedFacts(checker, inner, syntax.where)
      : checkWhere(checker, inner, syntax.where, env, span);
  if (where === undefined) return false;
  instance.facts = withFacts(given === undefined ? noFacts : env.frame.facts, where);
  declareFns(checker, instance, syntax);
  request.begun?.(instance);
  declareMembers(
    checker,
    { ...inner, frame: rootFrame(instance) },
    instance,
    syntax.members,
    request.fills,
  );
  return true;
}

function bindSetting(
  checker: Checker,
  instance: Instance,
  inner: Env,
  param: ParamSyntax,
  request: InstanceRequest,
): boolean {
  const type = evaluateType(checker, inner, param.type);
  if (type.kind === "error") return false;
  if (type.kind === "tensor") {
    checker.sink.report("not-static", param.type.span, {
      where: `the setting \`${param.name.text}\``,
      found: "a tensor",
    });
    return false;
  }
  const entity = settingOf(checker, inner, param, type.type, request);
  if (entity === undefined) return false;
  const path = [instance.path, param.name.text].filter((text) => text !== "").join(".");
  const set = overrideSetting(checker, inner, path, entity, {
    type: type.type,
    declared: param.span,
  });
  if (set.kind === "error") return false;
  instance.settings.set(param.name.text, {
    name: param.name.text,
    entity: set,
    span: param.name.span,
  });
  declareMember(checker, instance.scope, param.name, set, "setting", `\`${instance.name}\``);
  return true;
}

function settingOf(
  checker: Checker,
  inner: Env,
  param: ParamSyntax,
  type: StaticType,
  { syntax, given, span }: InstanceRequest,
): Entity | undefined {
  if (given === undefined) return unknownStatic(checker, type, param.name.text);
  const { text: name } = param.name;
  const place = { callee: `\`${syntax.name.text}\``, name, declared: param.span };
  const arg = given.params.get(param);
  const [expr, env] = arg === undefined ? [param.default, inner] : [arg.value, arg.env];
  if (expr === undefined) {
    const related = [{ span: syntax.name.span, text: "declared here" }];
    checker.sink.report(
      "missing-argument",
      span,
      { callee: place.callee, name: param.name.text, signature: headOf(syntax) },
      { related },
    );
    return undefined;
  }
  const entity = type === "init" ? initOf(env, expr) : checker.evaluate(checker, env, expr);
  const coerced = coerceStatic(checker, env, entity, type, place, expr.span);
  return coerced.kind === "error" ? undefined : coerced;
}

/** Fns, modes and types are known in the whole module, whatever their order. */
function declareFns(context: Reporting, instance: Instance, syntax: ModuleSyntax): void {
  const where = `\`${instance.name}\``;
  for (const member of syntax.members) {
    if (member.kind === "fn") {
      const callable: Callable = {
        name: member.name.text,
        signature: member.signature,
        body: member.body,
        file: instance.file,
        span: member.name.span,
      };
      if (
        declareMember(
          context,
          instance.scope,
          member.name,
          { kind: "fn", callable, instance, through: [] },
          "fn",
          where,
        )
      ) {
        instance.fns.set(member.name.text, callable);
      }
    } else if (member.kind === "mode") {
      const mode: Mode = {
        name: member.name.text,
        isStepped: member.isStepped,
        steps: member.steps.map((step) => ({
          name: step.name.text,
          signature: step.signature,
          body: step.body,
          file: instance.file,
          span: step.name.span,
        })),
        span: member.name.span,
      };
      const [callable] = mode.steps;
      const entity: Entity =
        mode.isStepped || callable === undefined
          ? errorEntity
          : { kind: "fn", callable, instance, through: [] };
      if (declareMember(context, instance.scope, member.name, entity, "fn", where))
        instance.modes.set(mode.name, mode);
    } else if (member.kind === "type") {
      declareMember(
        context,
        instance.scope,
        member.name,
        { kind: "type", syntax: member.type },
        "type",
        where,
      );
    }
  }
}
