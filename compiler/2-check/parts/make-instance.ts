import { noFacts, withFacts } from "../../dims/facts.ts";
import type { ModuleSyntax, ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { evaluateType } from "../axes/types.ts";
import { checkWhere, statedFacts } from "../axes/where-facts.ts";
import type { Elaboration, Fill } from "../core/elaboration.ts";
import { initOf } from "../core/init.ts";
import { emptyInstance, madeHere, unknownStatic } from "../core/instances.ts";
import {
  type Callable,
  type Env,
  errorMeaning,
  type Instance,
  type LoadedFile,
  type Meaning,
  type Mode,
  type StaticType,
} from "../core/meaning.ts";
import { overrideSetting } from "../core/overrides.ts";
import { rootFrame } from "../core/root-frame.ts";
import { coerceStatic } from "../values/coerce.ts";
import { declareMember } from "../values/names.ts";
import { bindFormals, type FormalGiven } from "./bind-formals.ts";
import { declareMembers } from "./declare-members.ts";
import { headOf, type PartArguments } from "./part-arguments.ts";

export interface InstanceRequest {
  readonly syntax: ModuleSyntax;
  readonly file: LoadedFile;
  readonly path: string;
  /** Undefined in the generic check of the declaration itself: nothing is known. */
  readonly given: PartArguments | undefined;
  /** Where the part is written. */
  readonly env: Env;
  readonly span: Span;
  readonly fills: readonly Fill[];
}

/** An instance of a module: axes, then settings, then facts, then members in order. */
export function makeInstance(on: Elaboration, request: InstanceRequest): Instance | undefined {
  const { syntax, given, span } = request;
  const instance = emptyInstance(request.path, syntax, request.file);
  if (given !== undefined) instance.madeAt = span;
  const reason = madeHere(instance);
  const fill = () => fillInstance(on, instance, request);
  return (reason === undefined ? fill() : on.sink.within(reason, fill)) ? instance : undefined;
}

function fillInstance(on: Elaboration, instance: Instance, request: InstanceRequest): boolean {
  const { syntax, given, env, span } = request;
  const inner: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  const formals = (formal: ModuleSyntax["formals"][number]): FormalGiven => {
    if (given === undefined) return { kind: "unknown" };
    const arg = given.formals.get(formal);
    return arg === undefined
      ? { kind: "default", count: given.formals.size }
      : { kind: "written", axis: arg.value.axis, env: arg.env, inside: arg.inside };
  };
  if (!bindFormals(on, instance, inner, syntax.formals, formals, { span, callee: syntax }))
    return false;
  for (const param of syntax.params)
    if (!bindSetting(on, instance, inner, param, request)) return false;
  const where =
    given === undefined
      ? statedFacts(on, inner, syntax.where)
      : checkWhere(on, inner, syntax.where, env, span);
  if (where === undefined) return false;
  instance.facts = withFacts(given === undefined ? noFacts : env.frame.facts, where);
  declareFns(on, instance, syntax);
  declareMembers(
    on,
    { ...inner, frame: rootFrame(instance) },
    instance,
    syntax.members,
    request.fills,
  );
  return true;
}

function bindSetting(
  on: Elaboration,
  instance: Instance,
  inner: Env,
  param: ParamSyntax,
  request: InstanceRequest,
): boolean {
  const type = evaluateType(on, inner, param.type);
  if (type.kind === "error") return false;
  if (type.kind === "tensor") {
    on.sink.report("not-static", param.type.span, {
      where: `the setting \`${param.name.text}\``,
      found: "a tensor",
    });
    return false;
  }
  const meaning = settingOf(on, inner, param, type.type, request);
  if (meaning === undefined) return false;
  const path = [instance.path, param.name.text].filter((text) => text !== "").join(".");
  const set = overrideSetting(on, inner, path, meaning, { type: type.type, declared: param.span });
  if (set.kind === "error") return false;
  instance.settings.set(param.name.text, {
    name: param.name.text,
    meaning: set,
    span: param.name.span,
  });
  declareMember(on, instance.scope, param.name, set, "setting", `\`${instance.name}\``);
  return true;
}

function settingOf(
  on: Elaboration,
  inner: Env,
  param: ParamSyntax,
  type: StaticType,
  { syntax, given, span }: InstanceRequest,
): Meaning | undefined {
  if (given === undefined) return unknownStatic(on, type, param.name.text);
  const { text: name } = param.name;
  const place = { callee: `\`${syntax.name.text}\``, name, declared: param.span };
  const arg = given.params.get(param);
  const [expr, env] = arg === undefined ? [param.default, inner] : [arg.value, arg.env];
  if (expr === undefined) {
    const related = [{ span: syntax.name.span, text: "declared here" }];
    on.sink.report(
      "missing-argument",
      span,
      { callee: place.callee, name: param.name.text, signature: headOf(syntax) },
      { related },
    );
    return undefined;
  }
  const meaning = type === "init" ? initOf(env, expr) : on.evaluate(on, env, expr);
  const coerced = coerceStatic(on, env, meaning, type, place, expr.span);
  return coerced.kind === "error" ? undefined : coerced;
}

/** Fns, modes and types are known in the whole module, whatever their order. */
function declareFns(on: Elaboration, instance: Instance, syntax: ModuleSyntax): void {
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
          on,
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
      const meaning: Meaning =
        mode.isStepped || callable === undefined
          ? errorMeaning
          : { kind: "fn", callable, instance, through: [] };
      if (declareMember(on, instance.scope, member.name, meaning, "fn", where))
        instance.modes.set(mode.name, mode);
    } else if (member.kind === "type") {
      declareMember(
        on,
        instance.scope,
        member.name,
        { kind: "type", syntax: member.type },
        "type",
        where,
      );
    }
  }
}
