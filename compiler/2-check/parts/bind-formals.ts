import type { Axis } from "../../ir/graph/graph.ts";
import type {
  AxisSyntax,
  FormalSyntax,
  InterfaceSyntax,
  ModuleSyntax,
} from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { evaluateAxis, reportUnknownAxis, type WrittenAxis } from "../axes/axes.ts";
import type { Checker } from "../core/checker.ts";
import type { AxisTable, GraphMaking, Reporting } from "../core/contexts.ts";
import { describeAxes, describeSize, textOf } from "../core/describe.ts";
import type { Env, Formal, Instance } from "../core/entity.ts";
import { overrideAxis } from "../core/overrides.ts";
import { bindFormalAxis, inward } from "../core/renaming.ts";
import { declareMember } from "../values/names.ts";
import { headOf } from "./part-arguments.ts";

/** What a formal axis is bound to. */
export type FormalGiven =
  | {
      readonly kind: "written";
      readonly axis: AxisSyntax;
      readonly env: Env;
      readonly inside: readonly Instance[];
    }
  /** Nothing was written for it, but for so many others. */
  | { readonly kind: "default"; readonly count: number }
  /** The generic check of the declaration: some axis of some size. */
  | { readonly kind: "unknown" };

interface Bound {
  readonly syntax: FormalSyntax;
  readonly axis: WrittenAxis;
  /** Where the axis is written, for messages. */
  readonly env: Env;
  readonly inside: readonly Instance[];
  readonly span: Span;
}

/**
 * Gives each formal an axis of its own: a twin of the caller's axis, or of each axis of a product, or
 * an axis that the instance owns, where a size was given. Joins come last, because their segments
 * are seen through the other formals.
 */
export function bindFormals(
  checker: Checker,
  instance: Instance,
  inner: Env,
  formals: readonly FormalSyntax[],
  given: (formal: FormalSyntax) => FormalGiven,
  place: { readonly span: Span; readonly callee: ModuleSyntax | InterfaceSyntax },
): boolean {
  const waiting: Bound[] = [];
  for (const syntax of formals) {
    const bound = boundOf(checker, inner, syntax, given(syntax), place);
    if (bound === undefined) return false;
    const isJoin =
      bound.axis.kind === "axes" && bound.axis.axes.some((axis) => axis.segments !== undefined);
    if (isJoin) waiting.push(bound);
    // A default may name the formals before it, so the others are bound at once.
    else if (!bindFormal(checker, instance, bound)) return false;
  }
  return waiting.every((bound) => bindFormal(checker, instance, bound));
}

function boundOf(
  checker: Checker,
  inner: Env,
  syntax: FormalSyntax,
  given: FormalGiven,
  { span, callee }: { readonly span: Span; readonly callee: ModuleSyntax | InterfaceSyntax },
): Bound | undefined {
  if (given.kind === "unknown") {
    const axis: WrittenAxis = { kind: "size", size: checker.sizes.variable(syntax.name.text, 0) };
    return { syntax, axis, env: inner, inside: [], span: syntax.span };
  }
  const [written, env, inside] =
    given.kind === "written" ? [given.axis, given.env, given.inside] : [syntax.default, inner, []];
  if (written === undefined && given.kind === "default") {
    const related = [{ span: syntax.span, text: `\`${syntax.name.text}\` has no default` }];
    const { formals } = callee;
    const least = formals.filter((formal) => formal.default === undefined).length;
    const amount = least === 1 ? "1 axis" : `${least} axes`;
    const needed = least === formals.length ? amount : `at least ${amount}`;
    checker.sink.report(
      "wrong-arity",
      span,
      { callee: `\`${callee.name.text}\``, needed, found: given.count, signature: headOf(callee) },
      { related },
    );
    return undefined;
  }
  if (written === undefined) return undefined;
  const axis = evaluateAxis(checker, env, written);
  if (axis.kind === "unknown") reportUnknownAxis(checker, env, axis.name);
  return axis.kind === "axes" || axis.kind === "size"
    ? { syntax, axis, env, inside, span: written.span }
    : undefined;
}

function bindFormal(checker: Checker, instance: Instance, bound: Bound): boolean {
  const { syntax, axis, env, inside, span } = bound;
  const name = syntax.name.text;
  const path = [instance.path, name].filter((text) => text !== "").join(".");
  if (axis.kind === "axes") {
    const outer = axis.axes.map((one) => inward(checker, inside, one));
    const target = () => describeAxes(checker, env, axis.axes);
    if (!overrideAxis(checker, path, { kind: "alias", target }, span)) return false;
    const inner = outer.map((one) =>
      twinOf(checker, instance, outer.length === 1 ? name : one.name, one, syntax.span),
    );
    for (const [n, one] of outer.entries()) {
      const twin = inner[n];
      if (twin !== undefined) bindFormalAxis(instance, one, twin);
    }
    return declareFormal(checker, instance, syntax, { name, inner, outer });
  }
  if (axis.kind !== "size") return false;
  const size = overrideAxis(checker, path, { kind: "owned", size: axis.size }, span);
  if (size === undefined || size === true) return false;
  const known = checker.sizes.valueOf(size);
  if (known !== undefined && known < 0) {
    checker.sink.report("negative-size", span, {
      axis: name,
      written: textOf(span),
      value: describeSize(checker, size),
    });
    return false;
  }
  const inner = [checker.build.axis(name, size, span)];
  return declareFormal(checker, instance, syntax, { name, inner, outer: undefined });
}

/** Inside, a join is one of the formals that its segments are bound to. */
function twinOf(
  context: AxisTable & GraphMaking,
  instance: Instance,
  name: string,
  outer: Axis,
  span: Span,
): Axis {
  const seen = outer.segments === undefined ? outer : inward(context, [instance], outer);
  const twin = context.build.twin(name, seen, span);
  if (context.abstractAxes.has(outer)) context.abstractAxes.add(twin);
  // What was crossed to see the segments is not what the formal is called.
  instance.inward.delete(outer);
  return twin;
}

function declareFormal(
  context: AxisTable & Reporting,
  instance: Instance,
  syntax: FormalSyntax,
  formal: Formal,
): boolean {
  const { name, inner, outer } = formal;
  for (const axis of inner)
    context.owners.set(axis, { path: instance.path, name: inner.length === 1 ? name : axis.name });
  instance.formals.push(formal);
  instance.axes.set(name, {
    name,
    axes: inner,
    isOwned: outer === undefined,
    span: syntax.name.span,
  });
  return declareMember(
    context,
    instance.scope,
    syntax.name,
    { kind: "axes", axes: inner },
    "axis",
    `\`${instance.name}\``,
  );
}
