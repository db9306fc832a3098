import { withFacts } from "../../dims/facts.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import { checkWhere } from "../axes/where-facts.ts";
import { nameOfAxis, textOf } from "../core/describe.ts";
import type { Elaboration, WrittenCall } from "../core/elaboration.ts";
import { initOf } from "../core/init.ts";
import { mayUnroll } from "../core/limits.ts";
import {
  type Env,
  errorMeaning,
  type Frame,
  type Meaning,
  type MeaningOf,
} from "../core/meaning.ts";
import { inward, outward, renameAxes } from "../core/renaming.ts";
import { Scope } from "../core/scope.ts";
import { bindParameter, type CallInside } from "./bind-parameter.ts";
import { giveAxes } from "./call-braces.ts";
import { matchArguments, writtenForm } from "./match-arguments.ts";
import { resultOf } from "./result.ts";
import { noteSharedAxes } from "./shared-axis.ts";

/**
 * A call of a fn or of a part: the caller's axes become the callee's, the body is evaluated (or, in
 * the generic check, only its signature believed), and the result's axes are given back.
 */
export function callFn(
  on: Elaboration,
  env: Env,
  callee: MeaningOf<"fn">,
  call: WrittenCall,
): Meaning {
  const { callable, instance, through } = callee;
  if (!mayUnroll(on, call.span)) return errorMeaning;
  on.noteCall?.(env, callee, call.span);
  const name = `\`${textOf(call.calleeSpan)}\``;
  const signature = () => writtenForm(callable.name, callable.signature.span);
  const { params } = callable.signature;
  const given = giveAxes(on, env, callable, call);
  const matched = matchArguments(
    on,
    { name, params, signature, span: callable.span },
    call.args,
    call.span,
  );
  const meanings = new Map<ParamSyntax, Meaning>();
  for (const [param, arg] of matched ?? []) {
    const isInit = param.type.axes === undefined && param.type.element?.text === "init";
    const meaning =
      "meaning" in arg
        ? arg.meaning
        : isInit
          ? initOf(env, arg.value)
          : on.evaluate(on, env, arg.value);
    meanings.set(param, meaning);
  }
  const isBroken = [...meanings.values()].some((meaning) => meaning.kind === "error");
  if (given === undefined || matched === undefined || isBroken) return errorMeaning;
  if (on.running.some((one) => one.callable === callable.signature && one.instance === instance))
    return errorMeaning;

  const frame = calleeFrame(env, callee, realOf(callee, meanings));
  const scope = new Scope("fn", instance?.scope ?? callable.file.scope);
  const named = new Set<Axis>();
  const bound: Axis[] = [];
  for (const [brace, axes] of given.named) {
    const inner = axes.map((axis) => inward(on, through, axis));
    for (const axis of inner) named.add(axis);
    bound.push(...inner);
    scope.declare(brace, { meaning: { kind: "axes", axes: inner }, span: undefined, role: "axis" });
  }
  const rest = (given.rest ?? []).map((axis) => inward(on, through, axis));
  const inside: CallInside = {
    on,
    env,
    callee,
    name,
    call,
    inner: { scope, frame, isInFor: false },
    named,
    bound,
    rest,
  };
  for (const param of params) {
    if (
      !bindParameter(
        inside,
        param,
        meanings.get(param),
        matched.get(param)?.span ?? call.calleeSpan,
      )
    )
      return errorMeaning;
  }
  if (on.known.calls === "signature")
    noteSharedAxes(on, env, {
      callable,
      call,
      braces: given.named,
      given: matched,
      inner: inside.inner,
    });
  const facts = checkWhere(on, inside.inner, callable.signature.where, env, call.span);
  if (facts === undefined) return errorMeaning;
  const restAxes = hasRest(callable.signature)
    ? [...new Set(inside.rest)].filter((axis) => !named.has(axis))
    : undefined;
  const body: Env = {
    ...inside.inner,
    frame: { ...frame, restAxes, freeAxes: bound, facts: withFacts(frame.facts, facts) },
  };
  on.running.push({ callable: callable.signature, instance });
  const result = resultOf(on, body, callable, name, call.span);
  on.running.pop();
  return giveBack(on, env, callee, name, result, call);
}

function calleeFrame(
  env: Env,
  { instance, callable }: MeaningOf<"fn">,
  real: Frame["real"],
): Frame {
  return {
    instance,
    facts: withFacts(
      env.frame.facts,
      instance?.facts.all.filter((fact) => !env.frame.facts.all.includes(fact)) ?? [],
    ),
    restAxes: undefined,
    initAxes: undefined,
    path: instance?.path ?? env.frame.path,
    real,
    freeAxes: [],
    callable,
    stored: new Map(),
    stateAxes:
      instance !== undefined && instance === env.frame.instance ? env.frame.stateAxes : new Map(),
    shared: new Map(),
    paired: new Map(),
  };
}

/**
 * A free fn is written once for the working float and for f32: where an argument for a `real` is
 * f32, `real` is f32 in that call. Parts have parameters of their own type and do not change it.
 */
function realOf(
  { callable, instance }: MeaningOf<"fn">,
  meanings: ReadonlyMap<ParamSyntax, Meaning>,
): Frame["real"] {
  if (instance !== undefined) return "real";
  const isWide = callable.signature.params.some((param) => {
    const meaning = meanings.get(param);
    const isReal =
      param.type.axes !== undefined &&
      (param.type.element === undefined || param.type.element.text === "real");
    if (!isReal || meaning === undefined) return false;
    if (meaning.kind === "tensor") return meaning.value.type.element === "f32";
    return (
      meaning.kind === "member" &&
      meaning.node.content?.kind === "storage" &&
      meaning.node.content.storage.element === "f32"
    );
  });
  return isWide ? "f32" : "real";
}

function hasRest({ braces, params }: MeaningOf<"fn">["callable"]["signature"]): boolean {
  const inBraces = [...(braces?.items ?? []), ...(braces?.to ?? [])].some(
    (item) => item.kind === "rest",
  );
  return (
    inBraces ||
    params.some((param) => param.type.axes?.some((axis) => axis.kind === "rest") ?? false)
  );
}

/** The result as the caller calls its axes. */
function giveBack(
  on: Elaboration,
  env: Env,
  callee: MeaningOf<"fn">,
  name: string,
  result: Meaning,
  call: WrittenCall,
): Meaning {
  const { through } = callee;
  if (result.kind === "tuple") {
    const items = result.items.map((item) => giveBack(on, env, callee, name, item, call));
    const kept = items.flatMap((item) =>
      item.kind === "tensor" || item.kind === "static" ? [item] : [],
    );
    return kept.length === items.length ? { kind: "tuple", items: kept } : errorMeaning;
  }
  if (result.kind !== "tensor" || through.length === 0) return result;
  const replace = (axis: Axis) => outward(on, through, axis);
  const value = renameAxes(on, env, result.value, replace, call.span, (axis) => {
    on.sink.report("duplicate-axis", call.span, {
      axis: nameOfAxis(on, env, axis),
      where: `the result of ${name}`,
    });
  });
  return value === undefined ? errorMeaning : { kind: "tensor", value };
}
