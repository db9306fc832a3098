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
import { describe, nameOfAxis, textOf } from "../core/describe.ts";
import { type Elaboration, originOf, type WrittenCall } from "../core/elaboration.ts";
import { type Env, errorMeaning, type Meaning } from "../core/meaning.ts";
import { asOperand } from "../values/coerce.ts";
import { memberOf } from "../values/members.ts";
import { findName } from "../values/names.ts";
import { noteOuterSum } from "./outer-sum.ts";

/** A call of a primitive: everything around it is evaluated here, the primitive itself by its record. */
export function callPrimitive(
  on: Elaboration,
  env: Env,
  op: SurfaceOp,
  call: WrittenCall,
): Meaning {
  const args = call.args.map((arg): SurfaceArgument | undefined => {
    const value = "meaning" in arg ? arg.meaning : on.evaluate(on, env, arg.value);
    const span = "meaning" in arg ? arg.span : arg.value.span;
    return argumentOf(on, env, op, arg.name?.text, value, span);
  });
  const braces = call.braces === undefined ? undefined : bracesOf(on, env, call.braces);
  const known = args.filter((arg) => arg !== undefined);
  if (known.length < args.length || braces === "error") return errorMeaning;
  const surface: SurfaceCall = {
    span: call.span,
    braces,
    args: known,
    context: contextOf(on, env, call.span, call.initAxes),
  };
  const result = realOp(on, env, op).elaborate(surface);
  if (result.kind === "error") for (const item of braces?.to ?? []) declareUnmade(env, item);
  return result;
}

/** An axis that a failed call should have introduced is known, so that its uses are silent. */
function declareUnmade(env: Env, item: BraceItem): void {
  if (item.kind !== "new" || env.scope.find(item.name)?.entry.role === "axis") return;
  env.scope.declare(item.name, { meaning: errorMeaning, span: item.span, role: "axis" });
}

/** Where `real` is f32, so is the conversion to it. */
function realOp(on: Elaboration, env: Env, op: SurfaceOp): SurfaceOp {
  return op.name === "real" && env.frame.real === "f32" ? (on.primitives.get("f32") ?? op) : op;
}

/** An operator is a primitive under its symbol. */
export function applyOperator(
  on: Elaboration,
  env: Env,
  symbol: string,
  operands: readonly { readonly meaning: Meaning; readonly span: Span }[],
  span: Span,
): Meaning {
  const op = on.primitives.get(symbol);
  if (op === undefined) return errorMeaning;
  const args = operands.map((operand) =>
    argumentOf(on, env, op, undefined, operand.meaning, operand.span),
  );
  const known = args.filter((arg) => arg !== undefined);
  if (known.length < args.length) return errorMeaning;
  if (symbol === "+") noteOuterSum(on, env, known, span);
  return op.elaborate({
    span,
    braces: undefined,
    args: known,
    context: contextOf(on, env, span, undefined),
  });
}

function argumentOf(
  on: Elaboration,
  env: Env,
  op: SurfaceOp,
  name: string | undefined,
  value: Meaning,
  span: Span,
): SurfaceArgument | undefined {
  const operand = asOperand(on, env, value, span);
  if (operand?.kind === "error") return undefined;
  if (operand !== undefined) return { name, operand, span };
  const found = describe(on, env, value);
  on.sink.report("argument-type", span, {
    callee: `\`${op.name}\``,
    name: name ?? textOf(span),
    needed: "a tensor or a number",
    found,
  });
  return undefined;
}

function contextOf(
  on: Elaboration,
  env: Env,
  span: Span,
  initAxes: readonly Axis[] | undefined,
): SurfaceContext {
  const { facts, path, restAxes } = env.frame;
  return {
    build: on.build,
    sizes: on.sizes,
    facts,
    sink: on.sink,
    origin: originOf(env, span),
    isPartial: on.known.calls === "signature",
    nameOf: (axis) => nameOfAxis(on, env, axis),
    restAxes: restAxes ?? initAxes,
    nextStream: () => streamOf(path, on.nextSite(path)),
  };
}

function bracesOf(
  on: Elaboration,
  env: Env,
  braces: BracesSyntax,
): SurfaceCall["braces"] | "error" {
  const items = braces.items.map((item) => itemOf(on, env, item, false));
  const to = braces.to?.map((item) => itemOf(on, env, item, true));
  const known = items.filter((item) => item !== undefined);
  const made = to?.filter((item) => item !== undefined);
  if (known.length < items.length || (made?.length ?? 0) < (to?.length ?? 0)) return "error";
  return { items: known, to: made, span: braces.span };
}

/** `mayBeNew`: right of `->` a name that is not in scope is introduced. */
function itemOf(
  on: Elaboration,
  env: Env,
  item: BraceItemSyntax,
  mayBeNew: boolean,
): BraceItem | undefined {
  if (item.kind === "rest") return { kind: "rest", span: item.span };
  const axis = evaluateAxis(on, env, item.axis);
  const { span } = item;
  switch (axis.kind) {
    case "axes": {
      const at = item.at === undefined ? undefined : positionOf(on, env, item.at);
      return at === "error"
        ? undefined
        : { kind: "axes", axes: axis.axes, text: textOf(item.axis.span), at, span };
    }
    case "size":
      reportSizeAsAxis(on, axis.size, span);
      return undefined;
    case "unknown": {
      const { text } = axis.name;
      if (!mayBeNew) {
        reportUnknownAxis(on, env, axis.name);
        return undefined;
      }
      return {
        kind: "new",
        name: text,
        define: (size) => {
          const made = on.build.axis(text, size, span);
          env.scope.declare(text, { meaning: { kind: "axes", axes: [made] }, span, role: "axis" });
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
function positionOf(on: Elaboration, env: Env, expr: ExprSyntax): BracePosition | "error" {
  const axes = axesNamed(on, env, expr);
  if (axes === "error") return "error";
  if (axes !== undefined) return { kind: "axes", axes, text: textOf(expr.span), span: expr.span };
  const meaning = on.evaluate(on, env, expr);
  const operand = asOperand(on, env, meaning, expr.span);
  if (operand?.kind === "error") return "error";
  if (operand !== undefined) return { kind: "operand", operand, span: expr.span };
  const found = describe(on, env, meaning);
  on.sink.report("argument-type", expr.span, {
    callee: "`{...: ...}`",
    name: textOf(expr.span),
    needed: "an axis or positions",
    found,
  });
  return "error";
}

/** The axes that an expression names: `Patch`, `vision_model.Patch`, `(Row, Col)`; undefined for anything else. */
export function axesNamed(
  on: Elaboration,
  env: Env,
  expr: ExprSyntax,
): readonly Axis[] | undefined | "error" {
  if (expr.kind === "tuple") {
    const parts = expr.items.map((item) => axesNamed(on, env, item));
    const known = parts.flatMap((part) => (part === undefined || part === "error" ? [] : part));
    if (parts.some((part) => part === "error")) return "error";
    return parts.some((part) => part === undefined) ? undefined : known;
  }
  const meaning = axisPath(on, env, expr);
  return meaning?.kind === "axes" ? meaning.axes : meaning?.kind === "error" ? "error" : undefined;
}

function axisPath(on: Elaboration, env: Env, expr: ExprSyntax): Meaning | undefined {
  if (expr.kind === "name") return findName(on, env, expr.name);
  if (expr.kind !== "member") return undefined;
  const object = axisPath(on, env, expr.object);
  return object?.kind === "member" ? memberOf(on, env, object, expr.name) : undefined;
}
