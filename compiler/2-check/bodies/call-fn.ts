import { withFacts } from "../../dims/facts.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import { checkWhere } from "../axes/where-facts.ts";
import type { Checker, WrittenCall } from "../core/checker.ts";
import { nameOfAxis, textOf } from "../core/describe.ts";
import { type Entity, type EntityOf, type Env, errorEntity, type Frame } from "../core/entity.ts";
import { initOf } from "../core/init.ts";
import { mayUnroll } from "../core/limits.ts";
import { inward, outward, renameAxes } from "../core/renaming.ts";
import { Scope } from "../core/scope.ts";
import { findInInstance } from "../values/members.ts";
import { bindParameter, type CallInside } from "./bind-parameter.ts";
import { giveAxes } from "./call-braces.ts";
import { applyOperator } from "./call-primitive.ts";
import { matchArguments, writtenForm } from "./match-arguments.ts";
import { resultOf } from "./result.ts";
import { noteSharedAxes } from "./shared-axis.ts";

/**
 * A call of a fn or of a part: the caller's axes become the callee's, the body is evaluated (or, in
 * the generic check, only its signature believed), and the result's axes are given back.
 */
export function callFn(
  checker: Checker,
  env: Env,
  callee: EntityOf<"fn">,
  call: WrittenCall,
): Entity {
  const { callable, instance, through } = callee;
  if (!mayUnroll(checker, call.span)) return errorEntity;
  checker.noteCall?.(env, callee, call.span);
  const name = `\`${textOf(call.calleeSpan)}\``;
  const signature = () => writtenForm(callable.name, callable.signature.span);
  const { params } = callable.signature;
  const given = giveAxes(checker, env, callable, call);
  const matched = matchArguments(
    checker,
    { name, params, signature, span: callable.span },
    call.args,
    call.span,
  );
  const entities = new Map<ParamSyntax, Entity>();
  for (const [param, arg] of matched ?? []) {
    const isInit = param.type.axes === undefined && param.type.element?.text === "init";
    const entity =
      "entity" in arg
        ? arg.entity
        : isInit
          ? initOf(env, arg.value)
          : checker.evaluate(checker, env, arg.value);
    entities.set(param, entity);
  }
  const isBroken = [...entities.values()].some((entity) => entity.kind === "error");
  if (given === undefined || matched === undefined || isBroken) return errorEntity;
  if (
    checker.running.some((one) => one.callable === callable.signature && one.instance === instance)
  )
    return errorEntity;

  const frame = calleeFrame(env, callee, realOf(callee, entities));
  const scope = new Scope("fn", instance?.scope ?? callable.file.scope);
  const named = new Set<Axis>();
  const bound: Axis[] = [];
  for (const [brace, axes] of given.named) {
    const inner = axes.map((axis) => inward(checker, through, axis));
    for (const axis of inner) named.add(axis);
    bound.push(...inner);
    scope.declare(brace, { entity: { kind: "axes", axes: inner }, span: undefined, role: "axis" });
  }
  const rest = (given.rest ?? []).map((axis) => inward(checker, through, axis));
  const inside: CallInside = {
    checker,
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
        entities.get(param),
        matched.get(param)?.span ?? call.calleeSpan,
      )
    )
      return errorEntity;
  }
  if (checker.known.calls === "signature")
    noteSharedAxes(checker, env, {
      callable,
      call,
      braces: given.named,
      given: matched,
      inner: inside.inner,
    });
  const facts = checkWhere(checker, inside.inner, callable.signature.where, env, call.span);
  if (facts === undefined) return errorEntity;
  const restAxes = hasRest(callable.signature)
    ? [...new Set(inside.rest)].filter((axis) => !named.has(axis))
    : undefined;
  const body: Env = {
    ...inside.inner,
    frame: { ...frame, restAxes, freeAxes: bound, facts: withFacts(frame.facts, facts) },
  };
  checker.running.push({ callable: callable.signature, instance });
  const own = resultOf(checker, body, callable, name, call.span);
  checker.running.pop();
  const result = withAdapter(checker, body, callee, own, call);
  return giveBack(checker, env, callee, name, result, call);
}

/** The result of a part that has an adapter: what the adapter gives for the same input is added to it. */
function withAdapter(
  checker: Checker,
  body: Env,
  { callable, instance }: EntityOf<"fn">,
  result: Entity,
  call: WrittenCall,
): Entity {
  const adapter = instance && checker.adapters.get(instance);
  const [input] = callable.signature.params;
  const isEntered = checker.known.calls === "body" && callable.name === "forward";
  if (adapter === undefined || input === undefined || !isEntered) return result;
  const forward = findInInstance(checker, adapter, [adapter], "forward");
  const x = body.scope.find(input.name.text)?.entry.entity;
  if (forward?.kind !== "fn" || x === undefined) return errorEntity;
  const { span, calleeSpan } = call;
  const more = checker.callFn(checker, body, forward, {
    braces: undefined,
    args: [{ name: undefined, entity: x, span }],
    calleeSpan,
    span,
    initAxes: undefined,
  });
  if (result.kind === "error" || more.kind === "error") return errorEntity;
  return applyOperator(
    checker,
    body,
    "+",
    [
      { entity: result, span },
      { entity: more, span },
    ],
    span,
  );
}

function calleeFrame(env: Env, { instance, callable }: EntityOf<"fn">, real: Frame["real"]): Frame {
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
  { callable, instance }: EntityOf<"fn">,
  entities: ReadonlyMap<ParamSyntax, Entity>,
): Frame["real"] {
  if (instance !== undefined) return "real";
  const isWide = callable.signature.params.some((param) => {
    const entity = entities.get(param);
    const isReal =
      param.type.axes !== undefined &&
      (param.type.element === undefined || param.type.element.text === "real");
    if (!isReal || entity === undefined) return false;
    if (entity.kind === "tensor") return entity.value.type.element === "f32";
    return (
      entity.kind === "member" &&
      entity.node.content?.kind === "storage" &&
      entity.node.content.storage.element === "f32"
    );
  });
  return isWide ? "f32" : "real";
}

function hasRest({ braces, params }: EntityOf<"fn">["callable"]["signature"]): boolean {
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
  checker: Checker,
  env: Env,
  callee: EntityOf<"fn">,
  name: string,
  result: Entity,
  call: WrittenCall,
): Entity {
  const { through } = callee;
  if (result.kind === "tuple") {
    const items = result.items.map((item) => giveBack(checker, env, callee, name, item, call));
    const kept = items.flatMap((item) =>
      item.kind === "tensor" || item.kind === "static" ? [item] : [],
    );
    return kept.length === items.length ? { kind: "tuple", items: kept } : errorEntity;
  }
  if (result.kind !== "tensor" || through.length === 0) return result;
  const replace = (axis: Axis) => outward(checker, through, axis);
  const value = renameAxes(checker, env, result.value, replace, call.span, (axis) => {
    checker.sink.report("duplicate-axis", call.span, {
      axis: nameOfAxis(checker, env, axis),
      where: `the result of ${name}`,
    });
  });
  return value === undefined ? errorEntity : { kind: "tensor", value };
}
