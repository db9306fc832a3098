import type { Expr } from "./expr-form.ts";

/** Text that is equal for equal expressions. Shared parts are written once per place. */
export function exprKey(expr: Expr): string {
  switch (expr.kind) {
    case "constant":
      return `${expr.type[0]}${Object.is(expr.value, -0) ? "-0" : expr.value}`;
    case "axis":
      return `a${expr.axis}:${expr.extent}`;
    case "load":
      return `t${expr.tensor}[${expr.at.map(exprKey).join(",")}]`;
    case "call":
      return `${expr.fn}:${expr.type[0]}(${expr.args.map(exprKey).join(",")})`;
    case "select":
      return `(${exprKey(expr.condition)}?${exprKey(expr.then)}:${exprKey(expr.otherwise)})`;
    case "reduced":
      return `r${expr.reduction}`;
    case "immediate":
      return `$${expr.name}`;
  }
}

/** Structural equality, cheap where the two are the same object. */
export function isSameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.type !== b.type) return false;
  switch (a.kind) {
    case "constant":
      return b.kind === "constant" && Object.is(a.value, b.value);
    case "axis":
      return b.kind === "axis" && a.axis === b.axis;
    case "load":
      return b.kind === "load" && a.tensor === b.tensor && areSame(a.at, b.at);
    case "call":
      return b.kind === "call" && a.fn === b.fn && areSame(a.args, b.args);
    case "select":
      return (
        b.kind === "select" &&
        isSameExpr(a.condition, b.condition) &&
        isSameExpr(a.then, b.then) &&
        isSameExpr(a.otherwise, b.otherwise)
      );
    case "reduced":
      return b.kind === "reduced" && a.reduction === b.reduction;
    case "immediate":
      return b.kind === "immediate" && a.name === b.name;
  }
}

function areSame(a: readonly Expr[], b: readonly Expr[]): boolean {
  return a.length === b.length && a.every((x, n) => isSameExpr(x, b[n] as Expr));
}
