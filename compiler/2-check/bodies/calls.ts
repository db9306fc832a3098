import type { ArgSyntax, ExprSyntax } from "../../ir/syntax/syntax.ts";
import { reportAbsent } from "../../ops/surface/read/report-absent.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, opaque, type PipedArgument, type WrittenCall } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { describe, relativePath, textOf } from "../core/describe.ts";
import {
  type Entity,
  type EntityOf,
  type Env,
  errorEntity,
  type Instance,
} from "../core/entity.ts";
import { asOperand } from "../values/coerce.ts";
import { findInInstance, memberOf, namesOfInstance } from "../values/members.ts";
import { findName } from "../values/names.ts";
import { callPrimitive } from "./call-primitive.ts";

type CallSyntax = Extract<ExprSyntax, { kind: "call" }>;

export function evaluateCall(checker: Checker, env: Env, expr: CallSyntax): Entity {
  return callOf(checker, env, expr.callee, expr, [], expr.span);
}

/** `x |> f` and `x |> g{K}(y)`: the value is the first argument. */
export function evaluatePipe(
  checker: Checker,
  env: Env,
  left: ExprSyntax,
  right: ExprSyntax,
  span: Span,
): Entity {
  const piped: PipedArgument = {
    name: undefined,
    entity: checker.evaluate(checker, env, left),
    span: left.span,
  };
  if (right.kind === "error") return errorEntity;
  if (right.kind === "call") return callOf(checker, env, right.callee, right, [piped], span);
  return callOf(checker, env, right, undefined, [piped], span);
}

function callOf(
  checker: Checker,
  env: Env,
  callee: ExprSyntax,
  written: CallSyntax | undefined,
  piped: readonly PipedArgument[],
  span: Span,
): Entity {
  const args: readonly (ArgSyntax | PipedArgument)[] = [...piped, ...(written?.args ?? [])];
  const { initAxes } = env.frame;
  const call: WrittenCall = {
    braces: written?.braces,
    args,
    calleeSpan: callee.span,
    span,
    initAxes,
  };
  return apply(checker, env, evaluateCallee(checker, env, callee), callee, call);
}

function apply(
  checker: Checker,
  env: Env,
  entity: Entity,
  callee: ExprSyntax,
  call: WrittenCall,
): Entity {
  switch (entity.kind) {
    case "fn":
      return checker.callFn(checker, env, entity, call);
    case "primitive":
      return callPrimitive(checker, env, entity.op, call);
    case "member":
      if (entity.node.content?.kind === "part")
        return callPart(checker, env, entity, entity.node.content.instance, call);
      break;
    case "pointwise":
      return callPointwise(checker, env, callee, call);
    case "absent":
      evaluateArguments(checker, env, call);
      reportAbsent(checker, callee.span, textOf(callee.span), entity);
      return errorEntity;
    case "error":
      evaluateArguments(checker, env, call);
      return errorEntity;
    default:
  }
  evaluateArguments(checker, env, call);
  const declared = callee.kind === "name" ? env.scope.find(callee.name)?.entry.span : undefined;
  checker.sink.report(
    "not-callable",
    callee.span,
    { name: textOf(callee.span), what: describe(checker, env, entity) },
    { related: declared === undefined ? [] : [{ span: declared, text: "declared here" }] },
  );
  return errorEntity;
}

/** Calling a part calls its `forward`. */
function callPart(
  checker: Checker,
  env: Env,
  part: EntityOf<"member">,
  instance: Instance,
  call: WrittenCall,
): Entity {
  const through = [...part.through, instance];
  const forward = findInInstance(checker, instance, through, "forward");
  if (forward?.kind === "fn") return checker.callFn(checker, env, forward, call);
  evaluateArguments(checker, env, call);
  reportNoFn(checker, env, instance, "forward", call.calleeSpan);
  return errorEntity;
}

/** A fn setting whose value is not known yet keeps the type of what it is applied to. */
function callPointwise(checker: Checker, env: Env, callee: ExprSyntax, call: WrittenCall): Entity {
  const [value, ...more] = evaluateArguments(checker, env, call);
  if (value === undefined || more.length > 0 || call.braces !== undefined) {
    const name = textOf(callee.span);
    checker.sink.report("wrong-arity", call.span, {
      callee: `\`${name}\``,
      needed: "1 argument",
      found: more.length + (value === undefined ? 0 : 1),
      signature: `${name}(x)`,
    });
    return errorEntity;
  }
  const operand = asOperand(checker, env, value, call.span);
  if (operand?.kind !== "tensor") return operand?.kind === "static" ? operand : errorEntity;
  return {
    kind: "tensor",
    value: opaque(checker, env, call.span, operand.value.type, "pointwise"),
  };
}

function evaluateArguments(checker: Checker, env: Env, call: WrittenCall): readonly Entity[] {
  return call.args.map((arg) =>
    "entity" in arg ? arg.entity : checker.evaluate(checker, env, arg.value),
  );
}

/** Like any expression, but a fn that a part lacks is reported as such. */
function evaluateCallee(checker: Checker, env: Env, callee: ExprSyntax): Entity {
  if (callee.kind !== "member") return checker.evaluate(checker, env, callee);
  const dotted = dottedPrimitive(checker, env, callee);
  if (dotted !== undefined) return dotted;
  const object = checker.evaluate(checker, env, callee.object);
  if (
    object.kind === "member" &&
    object.node.content?.kind === "part" &&
    !object.node.names.has(callee.name.text)
  ) {
    const { instance } = object.node.content;
    const found = findInInstance(
      checker,
      instance,
      [...object.through, instance],
      callee.name.text,
    );
    if (found !== undefined) return found;
    reportNoFn(checker, env, instance, callee.name.text, callee.name.span);
    return errorEntity;
  }
  return memberOf(checker, env, object, callee.name);
}

/** `random.normal` is one name. */
export function dottedPrimitive(
  checker: Checker,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "member" }>,
): Entity | undefined {
  if (expr.object.kind !== "name" || findName(checker, env, expr.object.name) !== undefined)
    return undefined;
  const op = checker.primitives.get(`${expr.object.name}.${expr.name.text}`);
  return op === undefined ? undefined : { kind: "primitive", op };
}

function reportNoFn(
  context: Reporting,
  env: Env,
  instance: Instance,
  name: string,
  span: Span,
): void {
  const part = relativePath(env, instance.path);
  const related = [
    { span: instance.syntax.name.span, text: `\`${instance.name}\` is declared here` },
  ];
  if (instance.syntax.kind === "interface") {
    context.sink.report(
      "outside-interface",
      span,
      { slot: part, needed: instance.name, name, available: namesOfInstance(instance) },
      { related },
    );
    return;
  }
  const available = [
    ...instance.fns.keys(),
    ...[...instance.modes.values()].filter((mode) => !mode.isStepped).map((mode) => mode.name),
  ];
  context.sink.report("no-such-fn", span, { part, name, available }, { related });
}
