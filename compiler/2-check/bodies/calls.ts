import type { ArgSyntax, ExprSyntax } from "../../ir/syntax/syntax.ts";
import { reportAbsent } from "../../ops/surface/read/report-absent.ts";
import type { Span } from "../../source/source-file.ts";
import { describe, relativePath, textOf } from "../core/describe.ts";
import {
  type Elaboration,
  opaque,
  type PipedArgument,
  type WrittenCall,
} from "../core/elaboration.ts";
import {
  type Env,
  errorMeaning,
  type Instance,
  type Meaning,
  type MeaningOf,
} from "../core/meaning.ts";
import { asOperand } from "../values/coerce.ts";
import { findInInstance, memberOf, namesOfInstance } from "../values/members.ts";
import { findName } from "../values/names.ts";
import { callPrimitive } from "./call-primitive.ts";

type CallSyntax = Extract<ExprSyntax, { kind: "call" }>;

export function evaluateCall(on: Elaboration, env: Env, expr: CallSyntax): Meaning {
  return callOf(on, env, expr.callee, expr, [], expr.span);
}

/** `x |> f` and `x |> g{K}(y)`: the value is the first argument. */
export function evaluatePipe(
  on: Elaboration,
  env: Env,
  left: ExprSyntax,
  right: ExprSyntax,
  span: Span,
): Meaning {
  const piped: PipedArgument = {
    name: undefined,
    meaning: on.evaluate(on, env, left),
    span: left.span,
  };
  if (right.kind === "error") return errorMeaning;
  if (right.kind === "call") return callOf(on, env, right.callee, right, [piped], span);
  return callOf(on, env, right, undefined, [piped], span);
}

function callOf(
  on: Elaboration,
  env: Env,
  callee: ExprSyntax,
  written: CallSyntax | undefined,
  piped: readonly PipedArgument[],
  span: Span,
): Meaning {
  const args: readonly (ArgSyntax | PipedArgument)[] = [...piped, ...(written?.args ?? [])];
  const { initAxes } = env.frame;
  const call: WrittenCall = {
    braces: written?.braces,
    args,
    calleeSpan: callee.span,
    span,
    initAxes,
  };
  return apply(on, env, evaluateCallee(on, env, callee), callee, call);
}

function apply(
  on: Elaboration,
  env: Env,
  meaning: Meaning,
  callee: ExprSyntax,
  call: WrittenCall,
): Meaning {
  switch (meaning.kind) {
    case "fn":
      return on.callFn(on, env, meaning, call);
    case "primitive":
      return callPrimitive(on, env, meaning.op, call);
    case "member":
      if (meaning.node.content?.kind === "part")
        return callPart(on, env, meaning, meaning.node.content.instance, call);
      break;
    case "pointwise":
      return callPointwise(on, env, callee, call);
    case "absent":
      evaluateArguments(on, env, call);
      reportAbsent(on, callee.span, textOf(callee.span), meaning);
      return errorMeaning;
    case "error":
      evaluateArguments(on, env, call);
      return errorMeaning;
    default:
  }
  evaluateArguments(on, env, call);
  const declared = callee.kind === "name" ? env.scope.find(callee.name)?.entry.span : undefined;
  on.sink.report(
    "not-callable",
    callee.span,
    { name: textOf(callee.span), what: describe(on, env, meaning) },
    { related: declared === undefined ? [] : [{ span: declared, text: "declared here" }] },
  );
  return errorMeaning;
}

/** Calling a part calls its `forward`. */
function callPart(
  on: Elaboration,
  env: Env,
  part: MeaningOf<"member">,
  instance: Instance,
  call: WrittenCall,
): Meaning {
  const through = [...part.through, instance];
  const forward = findInInstance(on, instance, through, "forward");
  if (forward?.kind === "fn") return on.callFn(on, env, forward, call);
  evaluateArguments(on, env, call);
  reportNoFn(on, env, instance, "forward", call.calleeSpan);
  return errorMeaning;
}

/** A fn setting whose value is not known yet keeps the type of what it is applied to. */
function callPointwise(on: Elaboration, env: Env, callee: ExprSyntax, call: WrittenCall): Meaning {
  const [value, ...more] = evaluateArguments(on, env, call);
  if (value === undefined || more.length > 0 || call.braces !== undefined) {
    const name = textOf(callee.span);
    on.sink.report("wrong-arity", call.span, {
      callee: `\`${name}\``,
      needed: "1 argument",
      found: more.length + (value === undefined ? 0 : 1),
      signature: `${name}(x)`,
    });
    return errorMeaning;
  }
  const operand = asOperand(on, env, value, call.span);
  if (operand?.kind !== "tensor") return operand?.kind === "static" ? operand : errorMeaning;
  return { kind: "tensor", value: opaque(on, env, call.span, operand.value.type, "pointwise") };
}

function evaluateArguments(on: Elaboration, env: Env, call: WrittenCall): readonly Meaning[] {
  return call.args.map((arg) => ("meaning" in arg ? arg.meaning : on.evaluate(on, env, arg.value)));
}

/** Like any expression, but a fn that a part lacks is told as such. */
function evaluateCallee(on: Elaboration, env: Env, callee: ExprSyntax): Meaning {
  if (callee.kind !== "member") return on.evaluate(on, env, callee);
  const dotted = dottedPrimitive(on, env, callee);
  if (dotted !== undefined) return dotted;
  const object = on.evaluate(on, env, callee.object);
  if (
    object.kind === "member" &&
    object.node.content?.kind === "part" &&
    !object.node.names.has(callee.name.text)
  ) {
    const { instance } = object.node.content;
    const found = findInInstance(on, instance, [...object.through, instance], callee.name.text);
    if (found !== undefined) return found;
    reportNoFn(on, env, instance, callee.name.text, callee.name.span);
    return errorMeaning;
  }
  return memberOf(on, env, object, callee.name);
}

/** `random.normal` is one name. */
export function dottedPrimitive(
  on: Elaboration,
  env: Env,
  expr: Extract<ExprSyntax, { kind: "member" }>,
): Meaning | undefined {
  if (expr.object.kind !== "name" || findName(on, env, expr.object.name) !== undefined)
    return undefined;
  const op = on.primitives.get(`${expr.object.name}.${expr.name.text}`);
  return op === undefined ? undefined : { kind: "primitive", op };
}

function reportNoFn(on: Elaboration, env: Env, instance: Instance, name: string, span: Span): void {
  const part = relativePath(env, instance.path);
  const related = [
    { span: instance.syntax.name.span, text: `\`${instance.name}\` is declared here` },
  ];
  if (instance.syntax.kind === "interface") {
    on.sink.report(
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
  on.sink.report("no-such-fn", span, { part, name, available }, { related });
}
