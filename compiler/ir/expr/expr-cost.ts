import { functionRecord } from "../scalar-functions/scalar-functions.ts";
import type { Expr } from "./expr-form.ts";

/** What evaluating an expression once takes; parts that several places share count once. */
export interface ExprCost {
  /** Additions, multiplications and the like in f32; index arithmetic is free. */
  readonly flops: number;
  /** exp, sin, erf, uniform: each as expensive as tens of flops. */
  readonly transcendentals: number;
  readonly loads: number;
}

export function costOf(...roots: readonly Expr[]): ExprCost {
  const seen = new Set<Expr>();
  let flops = 0;
  let transcendentals = 0;
  let loads = 0;
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    for (const child of childrenOf(expr)) visit(child);
    if (expr.kind === "load") loads++;
    if (expr.kind === "call") {
      const { cost } = functionRecord(expr.fn);
      if (cost === "expensive") transcendentals++;
      else if (expr.type === "f32") flops += cost;
    }
  };
  for (const root of roots) visit(root);
  return { flops, transcendentals, loads };
}

export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "load":
      return expr.at;
    case "call":
      return expr.args;
    case "select":
      return [expr.condition, expr.then, expr.otherwise];
    case "constant":
    case "axis":
    case "reduced":
    case "immediate":
      return none;
  }
}

const none: readonly Expr[] = [];

/** Every different node below `roots`, each once, children before parents. */
export function nodesOf(roots: readonly Expr[]): readonly Expr[] {
  const seen = new Set<Expr>();
  const nodes: Expr[] = [];
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    for (const child of childrenOf(expr)) visit(child);
    nodes.push(expr);
  };
  for (const root of roots) visit(root);
  return nodes;
}
