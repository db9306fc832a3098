import type { Axis } from "../../ir/graph/graph.ts";
import { streamOf } from "../../ir/random.ts";
import type { BraceItemSyntax, BracesSyntax, ExprSyntax } from "../../ir/syntax/syntax.ts";
import type {
  BraceItem,
  BracePosition,
  SurfaceArgument,
  SurfaceCall,
  SurfaceContext,
  SurfaceOp,
} from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { evaluateAxis, reportSizeAsAxis, reportUnknownAxis } from "../axes/axes.ts";
import { type Checker, originOf, type WrittenCall } from "../core/checker.ts";
import { describe, nameOfAxis, textOf } from "../core/describe.ts";
import { type Entity, type Env, errorEntity } from "../core/entity.ts";
import { asOperand } from "../values/coerce.ts";
import { memberOf } from "../values/members.ts";
import { findName } from "../values/names.ts";
import { noteOuterSum } from "./outer-sum.ts";

/** A call of a primitive: everything around it is evaluated here, the primitive itself by its record. */
export function callPrimitive(
  checker: Checker,
  env: Env,
  op: SurfaceOp,
  call: WrittenCall,
): Entity {
  const args = call.args.map((arg): SurfaceArgument | undefined => {
    const value = "entity" in arg ? arg.entity : checker.evaluate(checker, env, arg.value);
    const span = "entity" in arg ? arg.span : arg.value.span;
    return argumentOf(checker, env, op, arg.name?.text, value, span);
  });
  const braces = call.braces === undefined ? undefined : bracesOf(checker, env, call.braces);
  const known = args.filter((arg) => arg !== undefined);
  if (known.length < args.length || braces === "error") return errorEntity;
  const surface: SurfaceCall = {
    span: call.span,
    braces,
    args: known,
    context: contextOf(checker, env, call.span, call.initAxes),
  };
  const result = realOp(checker, env, op).elaborate(surface);
  if (result.kind === "error") for (const item of braces?.to ?? []) declareUnmade(env, item);
  return result;
}

/** An axis that a failed call should have introduced is known, so that its uses are silent. */
function declareUnmade(env: Env, item: BraceItem): void {
  if (item.kind !== "new" || env.scope.find(item.name)?.entry.role === "axis") return;
  env.scope.declare(item.name, { entity: errorEntity, span: item.span, role: "axis" });
}

/** Where `real` is f32, so is the conversion to it. */
function realOp(checker: Checker, env: Env, op: SurfaceOp): SurfaceOp {
  return op.name === "real" && env.frame.real === "f32"
    ? (checker.primitives.get("f32") ?? op)
    : op;
}

/** An operator is a primitive under its symbol. */
export function applyOperator(
  checker: Checker,
  env: Env,
  symbol: string,
  operands: readonly { readonly entity: Entity; readonly span: Span }[],
  span: Span,
): Entity {
  const op = checker.primitives.get(symbol);
  if (op === undefined) return errorEntity;
  const args = operands.map((operand) =>
    argumentOf(checker, env, op, undefined, operand.entity, operand.span),
  );
  const known = args.filter((arg) => arg !== undefined);
  if (known.length < args.length) return errorEntity;
  if (symbol === "+") noteOuterSum(checker, env, known, span);
  return op.elaborate({
    span,
    braces: undefined,
    args: known,
    context: contextOf(checker, env, span, undefined),
  });
}

function argumentOf(
  checker: Checker,
  env: Env,
  op: SurfaceOp,
  name: string | undefined,
  value: Entity,
  span: Span,
): SurfaceArgument | undefined {
  const operand = asOperand(checker, env, value, span);
  if (operand?.kind === "error") return undefined;
  if (operand !== undefined) return { name, operand, span };
  const found = describe(checker, env, value);
  checker.sink.report("argument-type", span, {
    callee: `\`${op.name}\``,
    name: name ?? textOf(span),
    needed: "a tensor or a number",
    found,
  });
  return undefined;
}

function contextOf(
  checker: Checker,
  env: Env,
  span: Span,
  initAxes: readonly Axis[] | undefined,
): SurfaceContext {
  const { facts, path, restAxes } = env.frame;
  return {
    build: checker.build,
    sizes: checker.sizes,
    facts,
    sink: checker.sink,
    origin: originOf(env, span),
    isPartial: checker.known.calls === "signature",
    nameOf: (axis) => nameOfAxis(checker, env, axis),
    restAxes: restAxes ?? initAxes,
    nextStream: () => streamOf(path, checker.nextSite(path)),
    samples: checker.samples,
  };
}

function bracesOf(
  checker: Checker,
  env: Env,
  braces: BracesSyntax,
): SurfaceCall["braces"] | "error" {
  const items = braces.items.map((item) => itemOf(checker, env, item, false));
  const to = braces.to?.map((item) => itemOf(checker, env, item, true));
  const known = items.filter((item) => item !== undefined);
  const made = to?.filter((item) => item !== undefined);
  if (known.length < items.length || (made?.length ?? 0) < (to?.length ?? 0)) return "error";
  return { items: known, to: made, span: braces.span };
}

/** `mayBeNew`: right of `->` a name that is not in scope is introduced. */
function itemOf(
  checker: Checker,
  env: Env,
  item: BraceItemSyntax,
  mayBeNew: boolean,
): BraceItem | undefined {
  if (item.kind === "rest") return { kind: "rest", span: item.span };
  const axis = evaluateAxis(checker, env, item.axis);
  const { span } = item;
  switch (axis.kind) {
    case "axes": {
      const at = item.at === undefined ? undefined : positionOf(checker, env, item.at);
      return at === "error"
        ? undefined
        : { kind: "axes", axes: axis.axes, text: textOf(item.axis.span), at, span };
    }
    case "size":
      reportSizeAsAxis(checker, axis.size, span);
      return undefined;
    case "unknown": {
      const { text } = axis.name;
      if (!mayBeNew) {
        reportUnknownAxis(checker, env, axis.name);
        return undefined;
      }
      return {
        kind: "new",
        name: text,
        define: (size) => {
          const made = checker.build.axis(text, size, span);
          env.scope.declare(text, { entity: { kind: "axes", axes: [made] }, span, role: "axis" });
          return made;
        },
        span,
      };
    }
    case "error":
      return undefined;
  }
}

/** `take{Tok: Patch}` names axes, `take{N: p}` gives positions. */
function positionOf(checker: Checker, env: Env, expr: ExprSyntax): BracePosition | "error" {
  const axes = axesNamed(checker, env, expr);
  if (axes === "error") return "error";
  if (axes !== undefined) return { kind: "axes", axes, text: textOf(expr.span), span: expr.span };
  const entity = checker.evaluate(checker, env, expr);
  const operand = asOperand(checker, env, entity, expr.span);
  if (operand?.kind === "error") return "error";
  if (operand !== undefined) return { kind: "operand", operand, span: expr.span };
  const found = describe(checker, env, entity);
  checker.sink.report("argument-type", expr.span, {
    callee: "`{...: ...}`",
    name: textOf(expr.span),
    needed: "an axis or positions",
    found,
  });
  return "error";
}

/** The axes that an expression names: `Patch`, `vision_model.Patch`, `(Row, Col)`; undefined for anything else. */
export function axesNamed(
  checker: Checker,
  env: Env,
  expr: ExprSyntax,
): readonly Axis[] | undefined | "error" {
  if (expr.kind === "tuple") {
    const parts = expr.items.map((item) => axesNamed(checker, env, item));
    const known = parts.flatMap((part) => (part === undefined || part === "error" ? [] : part));
    if (parts.some((part) => part === "error")) return "error";
    return parts.some((part) => part === undefined) ? undefined : known;
  }
  const entity = axisPath(checker, env, expr);
  return entity?.kind === "axes" ? entity.axes : entity?.kind === "error" ? "error" : undefined;
}

function axisPath(checker: Checker, env: Env, expr: ExprSyntax): Entity | undefined {
  if (expr.kind === "name") return findName(checker, env, expr.name);
  if (expr.kind !== "member") return undefined;
  const object = axisPath(checker, env, expr.object);
  return object?.kind === "member" ? memberOf(checker, env, object, expr.name) : undefined;
}
