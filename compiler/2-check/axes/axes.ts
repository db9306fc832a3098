import { nearestNames } from "../../diagnostics/suggest.ts";
import { equalFact } from "../../dims/facts.ts";
import type { Size } from "../../dims/size.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { AxisSyntax, Named, PathSyntax } from "../../ir/syntax/syntax.ts";
import { reportAbsent } from "../../ops/surface/read/report-absent.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming, Reporting } from "../core/contexts.ts";
import { describe, describeSize, nameOfAxis, textOf } from "../core/describe.ts";
import { type Entity, type Env, errorEntity } from "../core/entity.ts";
import { isCountable } from "../core/limits.ts";
import { reasonsIn } from "../core/reasons.ts";
import { elementOfList, memberOf, settledEntity, sizeOfAxes } from "../values/members.ts";

/** What stands where an axis or a size is written. Products are always spelt out. */
export type WrittenAxis =
  | {
      readonly kind: "axes";
      readonly axes: readonly Axis[] /** By one name, so that `axis M = N` makes a twin of it. */;
      readonly isName: boolean;
    }
  | { readonly kind: "size"; readonly size: Size }
  /** A single name that nothing declares; nothing is reported yet. */
  | { readonly kind: "unknown"; readonly name: Named }
  | { readonly kind: "error" };

const failed = { kind: "error" } as const;

/** `name` is what a join is called that is defined here. */
export function evaluateAxis(
  checker: Checker,
  env: Env,
  syntax: AxisSyntax,
  name?: string,
): WrittenAxis {
  switch (syntax.kind) {
    case "number":
      return { kind: "size", size: checker.sizes.constant(syntax.value) };
    case "path":
      return axisOfPath(checker, env, syntax.path);
    case "product": {
      const [only] = syntax.parts;
      if (syntax.parts.length === 1 && only !== undefined) return evaluateAxis(checker, env, only);
      const parts = syntax.parts.map((part) => axesAt(checker, env, part));
      const known = parts.filter((part) => part !== undefined);
      return known.length < parts.length
        ? failed
        : distinct(checker, env, known.flat(), syntax.span);
    }
    case "join":
      return joinOf(checker, env, syntax, name);
    case "call":
      return extremeOf(checker, env, syntax);
    case "binary":
      return arithmetic(checker, env, syntax);
  }
}

/** Axes where only axes may stand; reports what is none. */
export function axesAt(
  checker: Checker,
  env: Env,
  syntax: AxisSyntax,
): readonly Axis[] | undefined {
  const found = evaluateAxis(checker, env, syntax);
  if (found.kind === "axes") return found.axes;
  if (found.kind === "unknown") reportUnknownAxis(checker, env, found.name);
  if (found.kind === "size") {
    reportSizeAsAxis(checker, found.size, syntax.span);
  }
  return undefined;
}

/** A size where a size may stand; the size of an axis is one. */
export function sizeAt(checker: Checker, env: Env, syntax: AxisSyntax): Size | undefined {
  const found = evaluateAxis(checker, env, syntax);
  if (found.kind === "size") return found.size;
  if (found.kind === "unknown") reportUnknownAxis(checker, env, found.name);
  if (found.kind !== "axes") return undefined;
  const size = sizeOfAxes(checker, found.axes);
  return size.type === "int" ? size.value : undefined;
}

/** A size stands where only the name of an axis can. */
export function reportSizeAsAxis(context: Naming & Reporting, size: Size, span: Span): void {
  const axis = describeSize(context, size);
  context.sink.report(
    "unbound-axis",
    span,
    { axis, where: undefined },
    { hint: `\`axis Name = ${axis}\` makes an axis of this size` },
  );
}

export function reportUnknownAxis(context: Reporting, env: Env, name: Named): void {
  const names = env.scope.names((entry) => entry.role === "axis" || entry.role === "setting");
  context.sink.report("unknown-axis", name.span, {
    name: name.text,
    nearest: nearestNames(name.text, names),
  });
}

/** Follows a path through names, parts and lists. Undefined where its first name is unknown. */
export function resolvePath(checker: Checker, env: Env, path: PathSyntax): Entity | undefined {
  const head = env.scope.find(path.head.text);
  if (head === undefined) return undefined;
  let found: Entity = settledEntity(head.entry.entity);
  for (const step of path.steps) {
    if (step.kind === "name") found = memberOf(checker, env, found, step.name);
    else if (step.kind === "index")
      found = elementOfList(
        checker,
        env,
        found,
        checker.evaluate(checker, env, step.index),
        step.index.span,
      );
    else {
      checker.sink.report("not-static", "span" in step ? step.span : path.span, {
        where: "a path to one part",
        found: "a pattern",
      });
      return errorEntity;
    }
  }
  return found;
}

function axisOfPath(checker: Checker, env: Env, path: PathSyntax): WrittenAxis {
  const found = resolvePath(checker, env, path);
  if (found === undefined) {
    if (path.steps.length === 0) return { kind: "unknown", name: path.head };
    checker.sink.report("unknown-name", path.head.span, {
      kind: "name",
      name: path.head.text,
      nearest: nearestNames(path.head.text, env.scope.names()),
    });
    return failed;
  }
  switch (found.kind) {
    case "axes":
      return { kind: "axes", axes: found.axes, isName: true };
    case "static":
      if (found.value.type === "int") return { kind: "size", size: found.value.value };
      break;
    case "error":
      return failed;
    case "absent":
      reportAbsent(checker, path.span, textOf(path.span), found);
      return failed;
    case "item":
    case "primitive":
    case "fn":
      // Axes have names of their own kind: `Text` may be bound by a call though a module is called so.
      if (path.steps.length === 0) return { kind: "unknown", name: path.head };
      break;
    default:
  }
  checker.sink.report(
    "unknown-axis",
    path.span,
    { name: textOf(path.span), nearest: [] },
    { label: describe(checker, env, found) },
  );
  return failed;
}

function joinOf(
  checker: Checker,
  env: Env,
  syntax: Extract<AxisSyntax, { kind: "join" }>,
  given: string | undefined,
): WrittenAxis {
  const segments: (readonly Axis[])[] = [];
  for (const part of syntax.parts) {
    const axes = axesAt(checker, env, part);
    if (axes === undefined) return failed;
    segments.push(axes);
  }
  const all = distinct(checker, env, segments.flat(), syntax.span);
  if (all.kind === "error") return failed;
  const size = segments
    .map((axes) => sizeOfAxes(checker, axes))
    .reduce(
      (sum, one) => (one.type === "int" ? checker.sizes.add(sum, one.value) : sum),
      checker.sizes.constant(0),
    );
  const name =
    given ??
    segments
      .map((axes) =>
        axes.length === 1 ? axes[0]?.name : `(${axes.map((axis) => axis.name).join(", ")})`,
      )
      .join(" ++ ");
  return {
    kind: "axes",
    axes: [checker.build.join(name, size, segments, syntax.span)],
    isName: false,
  };
}

function distinct(
  context: Naming & Reporting,
  env: Env,
  axes: readonly Axis[],
  span: Span,
): WrittenAxis {
  const repeated = axes.find((axis, n) => axes.indexOf(axis) !== n);
  if (repeated === undefined) return { kind: "axes", axes, isName: false };
  context.sink.report("duplicate-axis", span, {
    axis: nameOfAxis(context, env, repeated),
    where: `\`${textOf(span)}\``,
  });
  return failed;
}

/** `min(a, b)` and `max(a, b)` of sizes. */
function extremeOf(
  checker: Checker,
  env: Env,
  syntax: Extract<AxisSyntax, { kind: "call" }>,
): WrittenAxis {
  const name = syntax.path.head.text;
  const sizes = syntax.args.map((arg) => sizeAt(checker, env, arg));
  const [a, b] = sizes;
  if ((name !== "min" && name !== "max") || syntax.path.steps.length > 0 || sizes.length !== 2) {
    checker.sink.report("not-callable", syntax.span, {
      name,
      what: "not `min(a, b)` or `max(a, b)`, the only calls in a size",
    });
    return failed;
  }
  if (a === undefined || b === undefined) return failed;
  return {
    kind: "size",
    size:
      name === "min"
        ? checker.sizes.min(a, b, env.frame.facts)
        : checker.sizes.max(a, b, env.frame.facts),
  };
}

function arithmetic(
  checker: Checker,
  env: Env,
  syntax: Extract<AxisSyntax, { kind: "binary" }>,
): WrittenAxis {
  const a = sizeAt(checker, env, syntax.left);
  const b = sizeAt(checker, env, syntax.right);
  if (a === undefined || b === undefined) return failed;
  const size = combineSizes(checker, env, syntax.op, a, b, syntax.span);
  return size === undefined || !isCountable(checker, size, syntax.span)
    ? failed
    : { kind: "size", size };
}

/** Whole-number arithmetic on sizes; `/` must be exact under what is known here. */
function combineSizes(
  checker: Checker,
  env: Env,
  op: "+" | "-" | "*" | "/" | "%" | "^" | "div",
  a: Size,
  b: Size,
  span: Span,
): Size | undefined {
  const { facts } = env.frame;
  if ((op === "/" || op === "div" || op === "%") && checker.sizes.valueOf(b) === 0) {
    const related = reasonsIn(checker, env, span);
    checker.sink.report("division-by-zero", span, { written: textOf(span) }, { related });
    return undefined;
  }
  switch (op) {
    case "+":
      return checker.sizes.add(a, b);
    case "-":
      return checker.sizes.subtract(a, b);
    case "*":
      return checker.sizes.multiply(a, b);
    case "div":
      return checker.sizes.floorDivide(a, b, facts);
    case "%":
      return checker.sizes.modulo(a, b, facts);
    case "^":
      return checker.sizes.power(a, b);
    case "/": {
      const exact = checker.sizes.divide(a, b, facts);
      if (exact !== undefined) return exact;
      const isKnown =
        checker.sizes.valueOf(a) !== undefined && checker.sizes.valueOf(b) !== undefined;
      const decision = checker.sizes.decide(
        equalFact(checker.sizes.modulo(a, b, facts), checker.sizes.constant(0)),
        facts,
      );
      const values = decision.kind === "fails" ? [...decision.example.values] : [];
      const numbers = values.map(([name, value]) => `${name} = ${value}`).join(", ");
      checker.sink.report(
        "inexact-division",
        span,
        { left: describeSize(checker, a), right: describeSize(checker, b), isKnown },
        {
          related: reasonsIn(checker, env, span),
          notes: numbers === "" ? [] : [`for ${numbers} it is not a whole number`],
        },
      );
      return undefined;
    }
  }
}
