import type { ModuleSyntax, ParamSyntax } from "../../ir/syntax/syntax.ts";
import { axesAt, evaluateAxis } from "../axes/axes.ts";
import { evaluateType } from "../axes/types.ts";
import { describe, describeAxes, textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import { initOf } from "../core/init.ts";
import type { Env, Init, Instance, WrittenType } from "../core/meaning.ts";
import { asOperand, coerceStatic, fitsElement } from "../values/coerce.ts";

/** Defaults are evaluated where something is made or called; here they are held against their types. */
export function checkDefaults(
  on: Elaboration,
  env: Env,
  callee: string,
  params: readonly ParamSyntax[],
): void {
  for (const param of params) {
    if (param.default !== undefined && param.default.kind !== "none") {
      checkDefault(on, env, callee, param);
    }
  }
}

/** The defaults of a module's axes and settings, in its own names. */
export function checkModuleDefaults(
  on: Elaboration,
  env: Env,
  instance: Instance,
  syntax: ModuleSyntax,
): void {
  for (const { default: written } of syntax.formals) {
    if (written === undefined) continue;
    const axis = evaluateAxis(on, env, written);
    if (axis.kind === "unknown") axesAt(on, env, written);
  }
  checkDefaults(on, env, `\`${instance.name}\``, syntax.params);
}

function checkDefault(on: Elaboration, env: Env, callee: string, param: ParamSyntax): void {
  const expr = param.default;
  const type = evaluateType(on, env, param.type);
  if (expr === undefined || type.kind === "error") return;
  if (type.kind === "static" && type.type === "init") {
    const init = initOf(env, expr);
    if (init.kind === "init") checkInit(on, init.init);
    return;
  }
  const meaning = on.evaluate(on, env, expr);
  if (type.kind === "static") {
    coerceStatic(on, env, meaning, type.type, { callee, name: param.name.text }, expr.span);
    return;
  }
  const operand = asOperand(on, env, meaning, expr.span);
  if (operand?.kind === "error") return;
  const where = `\`${param.name.text}\` of ${callee}`;
  const found = describe(on, env, meaning);
  const axes = namesOf(on, env, type);
  if (operand?.kind === "static" && axes.length > 0) {
    on.sink.report("missing-axis", expr.span, { axes, where, found });
  } else if (operand?.kind === "static" && !fitsElement(operand.value, type.element)) {
    on.sink.report("dtype-mismatch", expr.span, {
      where,
      needed: type.element,
      found,
      conversion: undefined,
    });
  } else if (operand?.kind !== "static" && operand?.kind !== "tensor") {
    const needed = `a tensor \`${textOf(param.type.span)}\``;
    on.sink.report("argument-type", expr.span, { callee, name: param.name.text, needed, found });
  }
}

function namesOf(
  on: Elaboration,
  env: Env,
  type: Extract<WrittenType, { kind: "tensor" }>,
): readonly string[] {
  return type.entries.flatMap((entry) => {
    if (entry.kind === "rest") return [];
    return entry.kind === "open" ? [entry.name] : [describeAxes(on, env, entry.axes)];
  });
}

/** An initialiser gives a tensor over whatever axes it is asked for. */
export function checkInit(on: Elaboration, init: Init): void {
  if (init.kind === "unknown") return;
  const { expr, env } = init;
  const axis = on.build.axis("..", on.sizes.variable("..", 0), expr.span);
  const frame = { ...env.frame, initAxes: [axis], restAxes: [axis] };
  const meaning = on.evaluate(on, { ...env, frame }, expr);
  const operand = asOperand(on, env, meaning, expr.span);
  if (operand?.kind === "tensor" || operand?.kind === "static" || operand?.kind === "error") return;
  const found = describe(on, env, meaning);
  on.sink.report("result-mismatch", expr.span, {
    where: "an initialiser",
    needed: "a tensor",
    found,
  });
}
