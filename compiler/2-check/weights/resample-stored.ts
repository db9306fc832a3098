import type { Axis, Graph, StoredDimension, TensorType, Value } from "../../ir/graph/graph.ts";
import type { AxisSyntax, ExprSyntax, Named } from "../../ir/syntax/syntax.ts";
import { input } from "../../ops/build/build.ts";
import { concat, reorder, segment } from "../../ops/build/build-movement.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, originOf } from "../core/checker.ts";
import type { GraphMaking } from "../core/contexts.ts";
import type { Env, Storage } from "../core/entity.ts";
import { Scope } from "../core/scope.ts";
import type { GridSizes } from "./grid-shape.ts";

/** What `resample p over Row, Col with bicubic` asks for. */
export interface ResampleRule {
  readonly over: readonly Axis[];
  readonly with: Named;
  readonly span: Span;
}

/**
 * The program that turns the tensor of the file into the parameter: for each axis of the grid one call
 * of the rule's fn, `f{From -> To}(x)`; other segments of a join are kept as they are.
 */
export function resampleStored(
  checker: Checker,
  env: Env,
  storage: Storage,
  rule: ResampleRule,
  inFile: GridSizes,
): Graph | undefined {
  const origin = originOf(env, rule.span);
  const old = new Map<Axis, Axis>();
  for (const [axis, size] of inFile)
    old.set(axis, checker.build.axis(axis.name, checker.sizes.constant(size), rule.span));
  const asInFile = (axis: Axis): Axis => oldAxis(checker, axis, old);
  const type: TensorType = { element: storage.element, axes: storage.axes.map(asInFile) };
  const source = input(checker.build, "checkpoint", type, origin);

  let value: Value | undefined = source;
  for (const axis of storage.axes) {
    if (value === undefined) return undefined;
    const from = asInFile(axis);
    if (from === axis) continue;
    value =
      axis.segments === undefined
        ? apply(checker, env, rule, value, from, axis)
        : throughSegments(checker, env, rule, value, from, axis, old);
  }
  if (value === undefined) return undefined;
  const output = reorder(checker.build, value, storage.axes, origin);
  const dimensions = (axes: (axis: Axis) => Axis): readonly StoredDimension[] =>
    storage.dimensions.map((dimension) => ({
      name: dimension.name,
      axes: dimension.axes.map(axes),
    }));
  return {
    name: `resample ${storage.path}`,
    inputs: [
      {
        name: "checkpoint",
        value: source,
        dimensions: dimensions(asInFile),
        reader: undefined,
        span: rule.span,
      },
    ],
    stored: [],
    outputs: [{ name: "parameter", value: output, dimensions: dimensions((axis) => axis) }],
    freeAxes: [],
  };
}

function oldAxis(context: GraphMaking, axis: Axis, old: ReadonlyMap<Axis, Axis>): Axis {
  const direct = old.get(axis);
  if (direct !== undefined) return direct;
  if (axis.segments === undefined || !axis.segments.flat().some((part) => old.has(part)))
    return axis;
  const segments = axis.segments.map((parts) => parts.map((part) => old.get(part) ?? part));
  const size = segments
    .map((parts) =>
      parts.reduce(
        (all, part) => context.sizes.multiply(all, part.size),
        context.sizes.constant(1),
      ),
    )
    .reduce((all, part) => context.sizes.add(all, part), context.sizes.constant(0));
  return context.build.join(axis.name, size, segments, axis.span);
}

/** Each segment on its own, then joined again. */
function throughSegments(
  checker: Checker,
  env: Env,
  rule: ResampleRule,
  value: Value,
  from: Axis,
  to: Axis,
  old: ReadonlyMap<Axis, Axis>,
): Value | undefined {
  const origin = originOf(env, rule.span);
  const parts: Value[] = [];
  for (const [position, axes] of (to.segments ?? []).entries()) {
    let part: Value | undefined = segment(checker.build, value, from, position, origin);
    for (const axis of axes) {
      const before = old.get(axis);
      if (before === undefined || part === undefined) continue;
      part = apply(checker, env, rule, part, before, axis);
    }
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return concat(checker.build, parts, to, origin);
}

/** `f{From -> To}(x)`, evaluated as if it had been written, so that it is checked like any call. */
function apply(
  checker: Checker,
  env: Env,
  rule: ResampleRule,
  value: Value,
  from: Axis,
  to: Axis,
): Value | undefined {
  const { span } = rule;
  const scope = new Scope("block", env.scope);
  const declare = (name: string, axis: Axis): void =>
    scope.declare(name, { entity: { kind: "axes", axes: [axis] }, span: undefined, role: "axis" });
  declare("From", from);
  declare("To", to);
  scope.declare("x", { entity: { kind: "tensor", value }, span: undefined, role: "local" });
  const named = (text: string): AxisSyntax => ({
    kind: "path",
    path: { head: { text, span }, steps: [], span },
    span,
  });
  const call: ExprSyntax = {
    kind: "call",
    callee: { kind: "name", name: rule.with.text, span: rule.with.span },
    braces: {
      items: [{ kind: "axis", axis: named("From"), at: undefined, span }],
      to: [{ kind: "axis", axis: named("To"), at: undefined, span }],
      span,
    },
    args: [{ name: undefined, value: { kind: "name", name: "x", span }, span }],
    span,
  };
  const result = checker.evaluate(checker, { ...env, scope }, call);
  return result.kind === "tensor" ? result.value : undefined;
}
