import type { Value } from "../../ir/graph/graph.ts";
import { convert } from "../../ops/build/build.ts";
import { expandTo } from "../../ops/build/build-movement.ts";
import { isFloat } from "../../ops/build/type-rules.ts";
import { conform } from "../axes/conform.ts";
import { type Checker, originOf } from "../core/checker.ts";
import type { Env, Init, Storage } from "../core/entity.ts";
import { asOperand, tensorOfStatic } from "../values/coerce.ts";

/**
 * The first value of a stored tensor: its initialiser over its axes. Initialisers compute in f32; what
 * is stored as `real` is rounded once, here. Undefined after a report.
 */
export function startOf(outer: Checker, init: Init, storage: Storage): Value | undefined {
  if (init.kind === "unknown") return undefined;
  // Parameters are there before any sample.
  const checker: Checker = { ...outer, samples: undefined };
  const { expr } = init;
  const { axes, path } = storage;
  const frame = { ...init.env.frame, initAxes: axes, restAxes: axes, path };
  const env: Env = { ...init.env, frame };
  const entity = checker.evaluate(checker, env, expr);
  const operand = asOperand(checker, env, entity, expr.span);
  if (operand?.kind === "error") return undefined;
  const origin = originOf(env, expr.span);
  if (operand?.kind === "static") {
    const value = tensorOfStatic(checker, env, operand.value, storage.element, expr.span);
    if (value !== undefined) return expandTo(checker.build, value, axes, origin);
  }
  const isNumber =
    operand?.kind === "tensor" && isFloat(operand.value.type.element) && isFloat(storage.element);
  const element = isNumber ? operand.value.type.element : storage.element;
  const value = conform(
    checker,
    env,
    entity,
    { element, axes, where: `\`${path}\``, written: storage.span },
    expr.span,
  );
  return value === undefined ? undefined : convert(checker.build, value, storage.element, origin);
}
