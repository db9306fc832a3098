import type { Label } from "../../diagnostics/diagnostic.ts";
import type { ReportOptions } from "../../diagnostics/sink.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import { textOf as shortText } from "../../ops/surface/read/text-of.ts";
import type { Span } from "../../source/source-file.ts";
import { describeSize, describeType, nameOfAxis, relativePath, textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import type { Env } from "../core/meaning.ts";
import { outward } from "../core/renaming.ts";
import type { BindRequest } from "./bind-request.ts";

export function reportMissing(
  on: Elaboration,
  request: BindRequest,
  missing: readonly Axis[],
  unbound: readonly string[],
  left: readonly Axis[],
): void {
  const { env, calleeEnv, pattern, argument, through, callee, span } = request;
  const found = describeType(on, env, argument.value.type);
  const options = {
    label: found,
    related: [declaredAs(pattern.span)],
  };
  const [needed] = missing;
  const candidate = needed === undefined ? undefined : counterpart(on, request, needed, left);
  const isLike = needed?.size === candidate?.size || argument.value.type.axes.length > 1;
  const other = isLike ? candidate : undefined;
  if (needed === undefined || other === undefined) {
    const axes = [
      ...missing.map((axis) => nameOfAxis(on, env, outward(on, through, axis))),
      ...unbound,
    ];
    const text = shortText(span);
    on.sink.report("missing-axis", span, { axes, where: callee, found, text }, options);
    return;
  }
  const outer = outward(on, through, needed);
  // A formal that owns its axis has no other name than its own.
  const name =
    on.owners.has(outer) || outer !== needed
      ? nameOfAxis(on, env, outer)
      : nameOfAxis(on, calleeEnv, needed);
  on.sink.report(
    "axis-mismatch",
    span,
    {
      where: callee,
      needed: name,
      neededSize: sizeText(on, outer),
      found: nameOfAxis(on, env, other),
      foundSize: sizeText(on, other),
    },
    {
      label: found,
      related: [...options.related, ...declarationsOf(on, env, [outer, other])],
      notes: other.size === needed.size ? ["axes of equal size are still different axes"] : [],
      ...(siblingHint(on, request, needed, other) ?? renameHint(on, env, other, outer, span)),
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
  on: Elaboration,
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
  const [from, to] = [nameOfAxis(on, env, found), sibling.formals[place + 1]];
  const given = to?.outer?.[0] ?? to?.inner[0];
  const hint =
    given === undefined
      ? `\`${name}\` takes ${from}`
      : `\`${name}\` maps ${from} to ${nameOfAxis(on, env, given)}`;
  return { hint };
}

/** Of equal size the other axis may be meant, which `rename` says. */
export function renameHint(
  on: Elaboration,
  env: Env,
  found: Axis,
  needed: Axis,
  span: Span,
): ReportOptions {
  if (found.size !== needed.size) return {};
  const names = [found, needed].map((axis) => nameOfAxis(on, env, axis));
  return { hint: `\`rename{${names.join(" -> ")}}(${shortText(span)})\` if that axis is meant` };
}

/** Where each axis comes from, which is also where its size does. */
export function declarationsOf(on: Elaboration, env: Env, axes: readonly Axis[]): readonly Label[] {
  return axes.flatMap((axis) => {
    if (axis.span === undefined) return [];
    const size = sizeText(on, axis);
    const name = nameOfAxis(on, env, axis);
    return [
      {
        span: axis.span,
        text:
          size === undefined ? `\`${name}\` is declared here` : `\`${name}\` is ${size} by this`,
      },
    ];
  });
}

function sizeText(on: Elaboration, axis: Axis): string | undefined {
  const text = describeSize(on, axis.size);
  return text === axis.name ? undefined : text;
}

/** The axis that stands where the missing one should: counted from the side without `..`. */
function counterpart(
  on: Elaboration,
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
  return axis !== undefined && left.includes(axis) && !on.restAxes.has(axis) ? axis : undefined;
}

export function reportExtra(on: Elaboration, request: BindRequest, left: readonly Axis[]): void {
  const { env, pattern, argument, callee, span } = request;
  on.sink.report(
    "extra-axis",
    span,
    {
      axes: left.map((axis) => nameOfAxis(on, env, axis)),
      where: callee,
      found: describeType(on, env, argument.value.type),
    },
    {
      label: describeType(on, env, argument.value.type),
      related: [declaredAs(pattern.span)],
      hint: `\`${openForm(textOf(pattern.span))}\` would take any further axes`,
    },
  );
}
