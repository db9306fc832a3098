import type { ModuleSyntax, ParamSyntax } from "../../ir/syntax/syntax.ts";
import { axesAt, evaluateAxis } from "../axes/axes.ts";
import { evaluateType } from "../axes/types.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming } from "../core/contexts.ts";
import { describe, describeAxes, textOf } from "../core/describe.ts";
import type { Env, Init, Instance, WrittenType } from "../core/entity.ts";
import { initOf } from "../core/init.ts";
import { asOperand, coerceStatic, fitsElement } from "../values/coerce.ts";

/** Defaults are evaluated where something is made or called; here they are held against their types. */
export function checkDefaults(
  checker: Checker,
  env: Env,
  callee: string,
  params: readonly ParamSyntax[],
): void {
  for (const param of params) {
    if (param.default !== undefined && param.default.kind !== "none") {
      checkDefault(checker, env, callee, param);
    }
  }
}

/** The defaults of a module's axes and settings, in its own names. */
export function checkModuleDefaults(
  checker: Checker,
  env: Env,
  instance: Instance,
  syntax: ModuleSyntax,
): void {
  for (const { default: written } of syntax.formals) {
    if (written === undefined) continue;
    const axis = evaluateAxis(checker, env, written);
    if (axis.kind === "unknown") axesAt(checker, env, written);
  }
  checkDefaults(checker, env, `\`${instance.name}\``, syntax.params);
}

function checkDefault(checker: Checker, env: Env, callee: string, param: ParamSyntax): void {
  const expr = param.default;
  const type = evaluateType(checker, env, param.type);
  if (expr === undefined || type.kind === "error") return;
  if (type.kind === "static" && type.type === "init") {
    const init = initOf(env, expr);
    if (init.kind === "init") checkInit(checker, init.init);
    return;
  }
  const entity = checker.evaluate(checker, env, expr);
  if (type.kind === "static") {
    coerceStatic(checker, env, entity, type.type, { callee, name: param.name.text }, expr.span);
    return;
  }
  const operand = asOperand(checker, env, entity, expr.span);
  if (operand?.kind === "error") return;
  const where = `\`${param.name.text}\` of ${callee}`;
  const found = describe(checker, env, entity);
  const axes = namesOf(checker, env, type);
  if (operand?.kind === "static" && axes.length > 0) {
    checker.sink.report("missing-axis", expr.span, { axes, where, found });
  } else if (operand?.kind === "static" && !fitsElement(operand.value, type.element)) {
    checker.sink.report("dtype-mismatch", expr.span, {
      where,
      needed: type.element,
      found,
      conversion: undefined,
    });
  } else if (operand?.kind !== "static" && operand?.kind !== "tensor") {
    const needed = `a tensor \`${textOf(param.type.span)}\``;
    checker.sink.report("argument-type", expr.span, {
      callee,
      name: param.name.text,
      needed,
      found,
    });
  }
}

function namesOf(
  context: Naming,
  env: Env,
  type: Extract<WrittenType, { kind: "tensor" }>,
): readonly string[] {
  return type.entries.flatMap((entry) => {
    if (entry.kind === "rest") return [];
    return entry.kind === "open" ? [entry.name] : [describeAxes(context, env, entry.axes)];
  });
}

/** An initialiser gives a tensor over whatever axes it is asked for. */
function checkInit(checker: Checker, init: Init): void {
  if (init.kind === "unknown") return;
  const { expr, env } = init;
  const axis = checker.build.axis("..", checker.sizes.variable("..", 0), expr.span);
  const frame = { ...env.frame, initAxes: [axis], restAxes: [axis] };
  const entity = checker.evaluate(checker, { ...env, frame }, expr);
  const operand = asOperand(checker, env, entity, expr.span);
  if (operand?.kind === "tensor" || operand?.kind === "static" || operand?.kind === "error") return;
  const found = describe(checker, env, entity);
  checker.sink.report("result-mismatch", expr.span, {
    where: "an initialiser",
    needed: "a tensor",
    found,
  });
}
