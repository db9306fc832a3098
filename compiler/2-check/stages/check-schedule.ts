import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import { conform } from "../axes/conform.ts";
import { type Checker, opaque, type PipedArgument } from "../core/checker.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Entity, Env } from "../core/entity.ts";
import type { CheckedSchedule } from "./checked-stage.ts";

/**
 * `schedule cosine(warmup: 2000)`: a call of a fn that gives the factor on the learning rate, f32[]. The
 * stage supplies `step` and `steps` where the fn has them and the call does not. Undefined after a report.
 */
export function checkSchedule(
  checker: Checker,
  env: Env,
  value: ExprSyntax,
  steps: Entity,
): CheckedSchedule | undefined {
  const callee = value.kind === "call" ? value.callee : value;
  const fn = checker.evaluate(checker, env, callee);
  if (fn.kind === "error") return undefined;
  if (fn.kind !== "fn" || (value.kind === "call" && value.args === undefined)) {
    checker.sink.report("not-callable", callee.span, {
      name: textOf(callee.span),
      what: `${describe(checker, env, fn)}, not a fn of \`step\` and \`steps\``,
    });
    return undefined;
  }
  const args = value.kind === "call" ? (value.args ?? []) : [];
  const supplied = (["step", "steps"] as const).filter(
    (name) =>
      fn.callable.signature.params.some((param) => param.name.text === name) &&
      !args.some((arg) => arg.name?.text === name),
  );
  const schedule: CheckedSchedule = {
    fn,
    call: {
      braces: value.kind === "call" ? value.braces : undefined,
      args,
      calleeSpan: callee.span,
      span: value.span,
      initAxes: undefined,
    },
    supplied,
  };
  const step = opaque(checker, env, value.span, { element: "f32", axes: [] }, "step");
  const result = callSchedule(checker, env, schedule, {
    step: { kind: "tensor", value: step },
    steps,
  });
  if (result.kind === "error") return undefined;
  const written = fn.callable.signature.result.span;
  const demand = { element: "f32", axes: [], where: "`schedule`", written } as const;
  return conform(checker, env, result, demand, value.span) === undefined ? undefined : schedule;
}

/** The factor at a step, `steps` being how many there are. */
export function callSchedule(
  checker: Checker,
  env: Env,
  { fn, call, supplied }: CheckedSchedule,
  values: Readonly<Record<"step" | "steps", Entity>>,
): Entity {
  const { span } = call;
  const more = supplied.map(
    (text): PipedArgument => ({ name: { text, span }, entity: values[text], span }),
  );
  return checker.callFn(checker, env, fn, { ...call, args: [...call.args, ...more] });
}
