import type { Label } from "../../diagnostics/diagnostic.ts";
import { listOf } from "../../diagnostics/phrase.ts";
import type { Axis, ElementType, Value } from "../../ir/graph/graph.ts";
import { reorder } from "../../ops/build/build-movement.ts";
import { reportAbsent } from "../../ops/surface/read/report-absent.ts";
import { textOf as shortText } from "../../ops/surface/read/text-of.ts";
import type { Operand } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, opaque, originOf } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { describe, describeType, nameOfAxis, textOf } from "../core/describe.ts";
import type { Entity, Env } from "../core/entity.ts";
import { asOperand, tensorOfStatic } from "../values/coerce.ts";
import { declarationsOf, renameHint } from "./report-binding.ts";

export interface ElementDemand {
  readonly element: ElementType;
  /** "the result of `forward`", "`keys`". */
  readonly where: string;
  /** Where the type is written. */
  readonly written: Span;
}
export interface Demand extends ElementDemand {
  readonly axes: readonly Axis[];
}

/**
 * The value with exactly the axes of a written type, in its order. There is no silent broadcast: an
 * axis that is missing is an error, and so is a conversion of elements.
 */
export function conform(
  checker: Checker,
  env: Env,
  entity: Entity,
  demand: Demand,
  span: Span,
): Value | undefined {
  const operand = asOperand(checker, env, entity, span);
  if (operand?.kind === "error") return undefined;
  if (operand?.kind === "tensor" && hasType(operand.value, demand))
    return reorder(checker.build, operand.value, demand.axes, originOf(env, span));
  return report(checker, env, entity, operand, demand, span);
}

function hasType({ type }: Value, { element, axes }: Demand): boolean {
  return (
    type.element === element &&
    type.axes.length === axes.length &&
    axes.every((axis) => type.axes.includes(axis))
  );
}

/** The value is none, or only nearly one. */
function report(
  checker: Checker,
  env: Env,
  entity: Entity,
  operand: Operand | undefined,
  demand: Demand,
  span: Span,
): Value | undefined {
  const needed = describeType(checker, env, demand);
  const related = [writtenAt(demand, needed)];
  if (operand?.kind === "absent") {
    reportAbsent(checker, span, shortText(span), operand);
    return undefined;
  }
  if (
    operand?.kind === "static" &&
    operand.value.type !== "string" &&
    operand.value.type !== "list"
  ) {
    return conformStatic(checker, env, { kind: "static", value: operand.value }, demand, span);
  }
  if (operand?.kind !== "tensor") {
    checker.sink.report(
      "result-mismatch",
      span,
      { where: demand.where, needed, found: describe(checker, env, entity) },
      { related },
    );
    return undefined;
  }
  const { value } = operand;
  if (!elementFits(checker, value.type.element, demand, span)) return undefined;
  const { axes } = value.type;
  const missing = demand.axes.filter((axis) => !axes.includes(axis));
  const extra = axes.filter((axis) => !demand.axes.includes(axis));
  const isUndecided = missing.length > 0 && extra.some((axis) => checker.abstractAxes.has(axis));
  if (isUndecided) return opaque(checker, env, span, demand, demand.where);
  const found = describeType(checker, env, value.type);
  const options = { label: found, related };
  const [other] = extra;
  const [lacking] = missing;
  if (missing.length === 1 && extra.length === 1 && other !== undefined && lacking !== undefined) {
    const sizes = {
      neededSize: checker.sizes.format(lacking.size),
      foundSize: checker.sizes.format(other.size),
    };
    const names = {
      needed: nameOfAxis(checker, env, lacking),
      found: nameOfAxis(checker, env, other),
    };
    checker.sink.report(
      "axis-mismatch",
      span,
      { where: demand.where, ...names, ...sizes },
      {
        label: found,
        related: [...related, ...declarationsOf(checker, env, [lacking, other])],
        ...renameHint(checker, env, other, lacking, span),
      },
    );
  } else if (missing.length > 0) {
    checker.sink.report(
      "missing-axis",
      span,
      {
        axes: missing.map((axis) => nameOfAxis(checker, env, axis)),
        where: demand.where,
        found,
        text: shortText(span),
      },
      { ...options, ...sharedHint(env, missing) },
    );
  } else {
    const names = extra.map((axis) => nameOfAxis(checker, env, axis));
    checker.sink.report(
      "extra-axis",
      span,
      { axes: names, where: demand.where, found },
      {
        ...options,
        hint: pairedHint(env, extra) ?? extraHint(names, span),
      },
    );
  }
  return undefined;
}

/** Where a call has gone over what is missing, the call is what has to change. */
function sharedHint(
  { frame }: Env,
  missing: readonly Axis[],
): { readonly hint?: string | undefined } {
  const [shared] = missing.flatMap((axis) => frame.shared.get(axis) ?? []);
  return { hint: shared?.hint };
}

/** An axis that came in with a sum is not to be summed away again. */
function pairedHint({ frame }: Env, extra: readonly Axis[]): string | undefined {
  const [sum] = extra.flatMap((axis) => frame.paired.get(axis) ?? []);
  if (sum === undefined) return undefined;
  const [brought, lacks] = [listOf(sum.onlyRight), listOf(sum.onlyLeft)];
  return `\`${sum.text}\` brings ${brought} and lacks ${lacks}: both sides of a residual need the same axes`;
}

/** A number known at compile time takes the element type of what it meets. */
function conformStatic(
  checker: Checker,
  env: Env,
  entity: Extract<Entity, { kind: "static" }>,
  demand: Demand,
  span: Span,
): Value | undefined {
  const found = describe(checker, env, entity);
  const related = [writtenAt(demand, describeType(checker, env, demand))];
  if (demand.axes.length > 0) {
    checker.sink.report(
      "missing-axis",
      span,
      {
        axes: demand.axes.map((axis) => nameOfAxis(checker, env, axis)),
        where: demand.where,
        found,
      },
      { related },
    );
    return undefined;
  }
  const value = tensorOfStatic(checker, env, entity.value, demand.element, span);
  if (value !== undefined) return value;
  checker.sink.report(
    "dtype-mismatch",
    span,
    { where: demand.where, needed: demand.element, found, conversion: undefined },
    { related },
  );
  return undefined;
}

/** A type without an element type is of `real`, which is worth saying to whoever did not write it. */
function writtenAt({ written, element }: ElementDemand, needed: string): Label {
  const text = textOf(written);
  const isPlain = element === "real" && text.startsWith("[") && needed === "real";
  const label = isPlain ? `\`${text}\` is \`real${text}\`` : `${needed} is written here`;
  return { span: written, text: label };
}

/** Reduced or written down: a result has the axes that its type lists. */
function extraHint(axes: readonly string[], span: Span): string {
  const list = axes.join(", ");
  return `write ${list} in the type, or take it away, as \`sum{${list}}(${shortText(span)})\` does`;
}

export function elementFits(
  context: Reporting,
  found: ElementType,
  demand: ElementDemand,
  span: Span,
): boolean {
  const needed = demand.element;
  if (found === needed) return true;
  const related = [writtenAt(demand, needed)];
  if (found === "bool" || needed === "bool") {
    const conversion =
      needed === "bool" ? `${shortText(span)} != 0` : `where(${shortText(span)}, 1, 0)`;
    const params = { needed: `\`${needed}\``, found: `\`${found}\`` };
    context.sink.report(
      "dtype-mismatch",
      span,
      { where: demand.where, ...params, conversion },
      { related },
    );
  } else {
    context.sink.report(
      "implicit-conversion",
      span,
      {
        where: demand.where,
        from: `\`${found}\``,
        to: `\`${needed}\``,
        conversion: `${needed}(${shortText(span)})`,
      },
      { related },
    );
  }
  return false;
}
