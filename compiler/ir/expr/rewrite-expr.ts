import { call, select } from "./expr.ts";
import type { Expr } from "./expr-form.ts";

export type Load = Extract<Expr, { kind: "load" }>;

/**
 * Rebuilds an expression from its leaves through the simplifying constructors. `leaf` answers for axes,
 * loads (whose positions are already rewritten), reduced values and immediates; `undefined` keeps them.
 * Shared parts stay shared.
 */
export function rewriteExpr(expr: Expr, leaf: (leaf: Expr) => Expr | undefined): Expr {
  return makeRewriter(leaf)(expr);
}

/** The same for many roots that share parts. */
export function makeRewriter(leaf: (leaf: Expr) => Expr | undefined): (expr: Expr) => Expr {
  const done = new Map<Expr, Expr>();
  const visit = (expr: Expr): Expr => {
    if (expr.kind === "constant") return expr;
    const known = done.get(expr);
    if (known !== undefined) return known;
    const result = rebuild(expr);
    done.set(expr, result);
    return result;
  };
  const rebuild = (expr: Expr): Expr => {
    switch (expr.kind) {
      case "constant":
        return expr;
      case "axis":
      case "reduced":
      case "immediate":
        return leaf(expr) ?? expr;
      case "load": {
        const at = expr.at.map(visit);
        const moved = at.every((position, n) => position === expr.at[n]) ? expr : { ...expr, at };
        return leaf(moved) ?? moved;
      }
      case "call": {
        const args = expr.args.map(visit);
        if (args.every((arg, n) => arg === expr.args[n])) return expr;
        return call(expr.fn, args, expr.type);
      }
      case "select": {
        const condition = visit(expr.condition);
        // A branch that is never taken may hold positions that make no sense.
        if (condition.kind === "constant") {
          return visit(condition.value !== 0 ? expr.then : expr.otherwise);
        }
        return select(condition, visit(expr.then), visit(expr.otherwise));
      }
    }
  };
  return visit;
}

/** Replaces loop axes by expressions. */
export function substitute(expr: Expr, axes: ReadonlyMap<number, Expr>): Expr {
  return rewriteExpr(expr, (leaf) => (leaf.kind === "axis" ? axes.get(leaf.axis) : undefined));
}

/** Replaces loads, whose positions are final by then. */
export function mapLoads(expr: Expr, replace: (load: Load) => Expr): Expr {
  return rewriteExpr(expr, (leaf) => (leaf.kind === "load" ? replace(leaf) : undefined));
}
