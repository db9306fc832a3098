import type { Label } from "../../diagnostics/diagnostic.ts";
import type { ReportOptions } from "../../diagnostics/sink.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { textOf as shortText } from "../../ops/surface/read/text-of.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { AxisTable, Naming, Reporting } from "../core/contexts.ts";
import { describeSize, describeType, nameOfAxis, relativePath, textOf } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import { outward } from "../core/renaming.ts";
import type { BindRequest } from "./bind-request.ts";

export function reportMissing(
  checker: Checker,
  request: BindRequest,
  missing: readonly Axis[],
  unbound: readonly string[],
  left: readonly Axis[],
): void {
  const { env, calleeEnv, pattern, argument, through, callee, span } = request;
  const found = describeType(checker, env, argument.value.type);
  const options = {
    label: found,
    related: [declaredAs(pattern.span)],
  };
  const [needed] = missing;
  const candidate = needed === undefined ? undefined : counterpart(checker, request, needed, left);
  const isLike = needed?.size === candidate?.size || argument.value.type.axes.length > 1;
  const other = isLike ? candidate : undefined;
  if (needed === undefined || other === undefined) {
    const axes = [
      ...missing.map((axis) => nameOfAxis(checker, env, outward(checker, through, axis))),
      ...unbound,
    ];
    const text = shortText(span);
    checker.sink.report("missing-axis", span, { axes, where: callee, found, text }, options);
    return;
  }
  const outer = outward(checker, through, needed);
  // A formal that owns its axis has no other name than its own.
  const name =
    checker.owners.has(outer) || outer !== needed
      ? nameOfAxis(checker, env, outer)
      : nameOfAxis(checker, calleeEnv, needed);
  checker.sink.report(
    "axis-mismatch",
    span,
    {
      where: callee,
      needed: name,
      neededSize: sizeText(checker, outer),
      found: nameOfAxis(checker, env, other),
      foundSize: sizeText(checker, other),
    },
    {
      label: found,
      related: [...options.related, ...declarationsOf(checker, env, [outer, other])],
      notes: other.size === needed.size ? ["axes of equal size are still different axes"] : [],
      ...(siblingHint(checker, request, needed, other) ??
        renameHint(checker, env, other, outer, span)),
    },
  );
}

function declaredAs(span: Span): Label {
  return { span, text: "the parameter is declared here" };
}

/** `[D]` as `[.., D]`. */
function openForm(type: string): string {
  return type.replace(/\[\s*/, "[.., ").replace(", ]", "]");
}

/** Another part of the same kind that is made for the axis that was given. */
function siblingHint(
  context: Naming,
  { env, through }: BindRequest,
  needed: Axis,
  found: Axis,
): ReportOptions | undefined {
  const called = through.at(-1);
  const place = called?.formals.findIndex((formal) => formal.inner.includes(needed)) ?? -1;
  if (called === undefined || place < 0) return undefined;
  const parts = [...(env.frame.instance?.root.names.values() ?? [])].flatMap(({ content }) =>
    content?.kind === "part" && content.instance !== called ? [content.instance] : [],
  );
  const sibling = parts.find(
    (one) => one.syntax === called.syntax && one.formals[place]?.outer?.includes(found),
  );
  if (sibling === undefined) return undefined;
  const name = relativePath(env, sibling.path);
  const [from, to] = [nameOfAxis(context, env, found), sibling.formals[place + 1]];
  const given = to?.outer?.[0] ?? to?.inner[0];
  const hint =
    given === undefined
      ? `\`${name}\` takes ${from}`
      : `\`${name}\` maps ${from} to ${nameOfAxis(context, env, given)}`;
  return { hint };
}

/** Of equal size the other axis may be meant, which `rename` says. */
export function renameHint(
  context: Naming,
  env: Env,
  found: Axis,
  needed: Axis,
  span: Span,
): ReportOptions {
  if (found.size !== needed.size) return {};
  const names = [found, needed].map((axis) => nameOfAxis(context, env, axis));
  return { hint: `\`rename{${names.join(" -> ")}}(${shortText(span)})\` if that axis is meant` };
}

/** Where each axis comes from, which is also where its size does. */
export function declarationsOf(context: Naming, env: Env, axes: readonly Axis[]): readonly Label[] {
  return axes.flatMap((axis) => {
    if (axis.span === undefined) return [];
    const size = sizeText(context, axis);
    const name = nameOfAxis(context, env, axis);
    return [
      {
        span: axis.span,
        text:
          size === undefined ? `\`${name}\` is declared here` : `\`${name}\` is ${size} by this`,
      },
    ];
  });
}

function sizeText(context: Naming, axis: Axis): string | undefined {
  const text = describeSize(context, axis.size);
  return text === axis.name ? undefined : text;
}

/** The axis that stands where the missing one should: counted from the side without `..`. */
function counterpart(
  context: AxisTable,
  request: BindRequest,
  missing: Axis,
  left: readonly Axis[],
): Axis | undefined {
  const { entries } = request.pattern;
  const { axes } = request.argument.value.type;
  const place = entries.findIndex(
    (entry) => entry.kind === "known" && entry.axes.includes(missing),
  );
  const restAt = entries.findIndex((entry) => entry.kind === "rest");
  const isFromLeft = restAt < 0 || place < restAt;
  const widths = entries.map((entry) => (entry.kind === "known" ? entry.axes.length : 1));
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const entry = entries[place];
  const within = entry?.kind === "known" ? entry.axes.indexOf(missing) : 0;
  const offset = isFromLeft
    ? sum(widths.slice(0, place)) + within
    : axes.length - sum(widths.slice(place)) + within;
  const axis = axes[offset];
  return axis !== undefined && left.includes(axis) && !context.restAxes.has(axis)
    ? axis
    : undefined;
}

export function reportExtra(
  context: Naming & Reporting,
  request: BindRequest,
  left: readonly Axis[],
): void {
  const { env, pattern, argument, callee, span } = request;
  context.sink.report(
    "extra-axis",
    span,
    {
      axes: left.map((axis) => nameOfAxis(context, env, axis)),
      where: callee,
      found: describeType(context, env, argument.value.type),
    },
    {
      label: describeType(context, env, argument.value.type),
      related: [declaredAs(pattern.span)],
      hint: `\`${openForm(textOf(pattern.span))}\` would take any further axes`,
    },
  );
}
