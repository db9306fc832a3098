import { quote } from "../../diagnostics/phrase.ts";
import type { Origin, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import {
  and,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  not,
  notEqual,
  or,
} from "../build/build.ts";
import { defineSurface } from "./define-surface.ts";
import { type ElementRule, meetOperands } from "./read/meet-operands.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/operands.ts";
import { type StaticOperand, staticFloat, staticOperands } from "./read/static-arithmetic.ts";
import { textOf } from "./read/text-of.ts";
import type { Operand, StaticValue, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

type Binary = (build: GraphBuilder, left: Value, right: Value, origin: Origin) => Value;
type Order = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Comparisons and logic, of tensors and of static values. */
export const logicSurfaces: readonly SurfaceOp[] = [
  comparisonSurface("==", "Equal.", "any", equal),
  comparisonSurface("!=", "Not equal.", "any", notEqual),
  comparisonSurface("<", "Less.", "number", less),
  comparisonSurface("<=", "Less or equal.", "number", lessEqual),
  comparisonSurface(">", "Greater.", "number", greater),
  comparisonSurface(">=", "Greater or equal.", "number", greaterEqual),
  logicSurface("and", "Both.", and),
  logicSurface("or", "One or both.", or),
  defineSurface({
    name: "not",
    signature: "not a",
    doc: "The opposite.",
    braces: { items: "none" },
    parameters: [{ name: "a" }],
    elaborate: (call) => {
      const args = argumentsOf(call, "a");
      const [known] = staticOperands(args) ?? [];
      if (known !== undefined) {
        const truth = staticTruth(call, known);
        return truth && staticBool(truth.value === undefined ? undefined : !truth.value);
      }
      const [x] = meetOperands(call, args, "bool") ?? [];
      return x && tensorOperand(not(call.context.build, x, call.context.origin));
    },
  }),
];

function comparisonSurface(name: Order, doc: string, rule: ElementRule, make: Binary): SurfaceOp {
  return defineSurface({
    name,
    signature: `a ${name} b`,
    doc,
    braces: { items: "none" },
    parameters: [{ name: "a" }, { name: "b" }],
    elaborate: (call) => {
      const args = argumentsOf(call, "a", "b");
      const [left, right] = staticOperands(args) ?? [];
      if (left !== undefined && right !== undefined) return compareStatic(call, name, left, right);
      const [a, b] = meetOperands(call, args, rule) ?? [];
      if (a === undefined || b === undefined) return undefined;
      return tensorOperand(make(call.context.build, a, b, call.context.origin));
    },
  });
}

function logicSurface(name: "and" | "or", doc: string, make: Binary): SurfaceOp {
  return defineSurface({
    name,
    signature: `a ${name} b`,
    doc,
    braces: { items: "none" },
    parameters: [{ name: "a" }, { name: "b" }],
    elaborate: (call) => {
      const args = argumentsOf(call, "a", "b");
      const [left, right] = staticOperands(args) ?? [];
      if (left !== undefined && right !== undefined) return combineStatic(call, name, left, right);
      const [a, b] = meetOperands(call, args, "bool") ?? [];
      if (a === undefined || b === undefined) return undefined;
      return tensorOperand(make(call.context.build, a, b, call.context.origin));
    },
  });
}

/** One side may decide alone: `false and c` is false whatever `c` is. */
function combineStatic(
  call: CheckedCall,
  name: "and" | "or",
  left: StaticOperand,
  right: StaticOperand,
): Operand | undefined {
  const [a, b] = [staticTruth(call, left), staticTruth(call, right)];
  if (a === undefined || b === undefined) return undefined;
  const decisive = name === "or";
  if (a.value === decisive || b.value === decisive) return staticBool(decisive);
  const isKnown = a.value !== undefined && b.value !== undefined;
  return staticBool(isKnown ? !decisive : undefined);
}

function compareStatic(
  call: CheckedCall,
  order: Order,
  left: StaticOperand,
  right: StaticOperand,
): Operand | undefined {
  const [a, b] = [left.value, right.value];
  if (a.type === "int" && b.type === "int") return staticBool(compareSizes(call, order, a, b));
  const isEquality = order === "==" || order === "!=";
  if (isEquality && (a.type === "bool" || a.type === "string")) {
    if (b.type !== a.type) return mismatch(call, left, right);
    if (a.value === undefined || b.value === undefined) return staticBool(undefined);
    return staticBool((a.value === b.value) === (order === "=="));
  }
  const [x, y] = [staticFloat(call, left), staticFloat(call, right)];
  if (x === undefined || y === undefined) return undefined;
  if (x.value === undefined || y.value === undefined) return staticBool(undefined);
  return staticBool(holds(order, x.value - y.value));
}

/** Undefined where it depends on sizes that are not known yet. */
function compareSizes(
  call: CheckedCall,
  order: Order,
  a: Extract<StaticValue, { type: "int" }>,
  b: Extract<StaticValue, { type: "int" }>,
): boolean | undefined {
  const { sizes, facts } = call.context;
  const difference = sizes.normalise(sizes.subtract(a.value, b.value), facts);
  const known = sizes.valueOf(difference);
  if (known !== undefined) return holds(order, known);
  // The sign may be known where the number is not.
  if (sizes.isAtLeast(difference, 1, facts)) return holds(order, 1);
  const mirrored = sizes.subtract(b.value, a.value);
  if (sizes.isAtLeast(mirrored, 1, facts)) return holds(order, -1);
  if (sizes.isAtLeast(difference, 0, facts)) {
    if (order === ">=") return true;
    if (order === "<") return false;
  }
  if (sizes.isAtLeast(mirrored, 0, facts)) {
    if (order === "<=") return true;
    if (order === ">") return false;
  }
  return undefined;
}

function holds(order: Order, difference: number): boolean {
  switch (order) {
    case "==":
      return difference === 0;
    case "!=":
      return difference !== 0;
    case "<":
      return difference < 0;
    case "<=":
      return difference <= 0;
    case ">":
      return difference > 0;
    default:
      return difference >= 0;
  }
}

function staticTruth(
  call: CheckedCall,
  { value, argument }: StaticOperand,
): { readonly value: boolean | undefined } | undefined {
  if (value.type === "bool") return { value: value.value };
  call.context.sink.report("argument-type", argument.span, {
    callee: quote(call.name),
    name: textOf(argument.span),
    needed: "a `bool`",
    found: `a ${quote(value.type)}`,
  });
  return undefined;
}

function mismatch(call: CheckedCall, left: StaticOperand, right: StaticOperand): undefined {
  call.context.sink.report("argument-type", right.argument.span, {
    callee: quote(call.name),
    name: textOf(right.argument.span),
    needed: `a ${quote(left.value.type)}`,
    found: `a ${quote(right.value.type)}`,
  });
  return undefined;
}

function staticBool(value: boolean | undefined): Operand | undefined {
  return staticOperand({ type: "bool", value });
}
