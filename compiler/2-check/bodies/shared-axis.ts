import { listOf } from "../../diagnostics/phrase.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { BraceItemSyntax, ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { WrittenCall } from "../core/checker.ts";
import type { Naming } from "../core/contexts.ts";
import { nameOfAxis, textOf } from "../core/describe.ts";
import type { Callable, Env, SharedAxis } from "../core/entity.ts";

/** A call with its parameters bound: values are what they are inside. */
interface BoundCall {
  readonly callable: Callable;
  readonly call: WrittenCall;
  /** The caller's axes by name of the brace. */
  readonly braces: ReadonlyMap<string, readonly Axis[]>;
  readonly given: ReadonlyMap<ParamSyntax, WrittenCall["args"][number]>;
  /** Names of the callee. */
  readonly inner: Env;
}

/**
 * Notes where a call goes over an axis that an argument has too, although its parameter leaves the axis to
 * others: `attention{N, Head}(q, k, v)` with `N` in `q` as well, where each position would see itself alone.
 */
export function noteSharedAxes(context: Naming, env: Env, bound: BoundCall): void {
  const { callable, given, inner } = bound;
  for (const [name, axes] of bound.braces) {
    const [axis] = axes;
    if (axis === undefined || axes.length > 1) continue;
    const [inside] = axesNamed(inner, name);
    const owners = callable.signature.params.filter((param) => mentions(param, name));
    if (inside === undefined || owners.length === 0) continue;
    const sharers = callable.signature.params.filter(
      (param) =>
        given.has(param) &&
        leavesToOthers(param) &&
        !mentions(param, name) &&
        tensorAxes(inner, param).includes(inside),
    );
    if (sharers.length > 0)
      env.frame.shared.set(axis, sharedBy(context, env, bound, name, axis, sharers));
  }
}

function sharedBy(
  context: Naming,
  env: Env,
  { callable, call, given }: BoundCall,
  name: string,
  axis: Axis,
  sharers: readonly ParamSyntax[],
): SharedAxis {
  const found = nameOfAxis(context, env, axis);
  const own = env.scope.find(name) === undefined ? name : `${name}2`;
  const items = call.braces?.items.map((item) =>
    textOfItem(item) === found ? own : textOfItem(item),
  );
  const args = callable.signature.params.flatMap((param) => {
    const arg = given.get(param);
    if (arg === undefined) return [];
    const text = textOf("value" in arg ? arg.value.span : arg.span);
    const renamed = mentions(param, name) ? `rename{${found} -> ${own}}(${text})` : text;
    return [arg.name === undefined ? renamed : `${arg.name.text}: ${renamed}`];
  });
  const written = `${textOf(call.calleeSpan)}{${items?.join(", ")}}(${args.join(", ")})`;
  const texts = sharers.flatMap((param) => {
    const arg = given.get(param);
    return arg === undefined ? [] : [textOf("value" in arg ? arg.value.span : arg.span)];
  });
  return {
    span: call.span,
    callee: callable.name,
    axis: found,
    argument: listOf(texts),
    hint: `\`axis ${own} = ${found}\` keeps them apart: \`${written}\``,
  };
}

function textOfItem(item: BraceItemSyntax): string {
  return item.kind === "rest" ? ".." : textOf(item.span);
}

/** `[.., Head]`: some axes of its own, and whatever the caller has beside them. */
function leavesToOthers({ type }: ParamSyntax): boolean {
  const kinds = (type.axes ?? []).map(({ kind }) => kind);
  return kinds.includes("rest") && kinds.includes("axis");
}

function mentions({ type }: ParamSyntax, name: string): boolean {
  return (type.axes ?? []).some(
    (axis) =>
      axis.kind === "axis" && axis.axis.kind === "path" && axis.axis.path.head.text === name,
  );
}

function axesNamed(inner: Env, name: string): readonly Axis[] {
  const entity = inner.scope.own(name)?.entity;
  return entity?.kind === "axes" ? entity.axes : [];
}

function tensorAxes(inner: Env, param: ParamSyntax): readonly Axis[] {
  const entity = inner.scope.own(param.name.text)?.entity;
  return entity?.kind === "tensor" ? entity.value.type.axes : [];
}
