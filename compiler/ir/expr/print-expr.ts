import type { KernelTensor } from "../kernel/kernel-tensor.ts";
import type { LoopAxis } from "../kernel/loops.ts";
import { childrenOf, nodesOf } from "./expr-cost.ts";
import type { Expr } from "./expr-form.ts";

/** Names for what an expression only numbers. */
interface ExprNames {
  readonly axis: (axis: number) => string;
  readonly tensor: (tensor: number) => string;
}

export function namesOf(
  axes: readonly LoopAxis[],
  tensors: readonly Pick<KernelTensor, "id" | "name">[],
): ExprNames {
  const taken = new Map<number, string>();
  for (const axis of axes) {
    const known = [...taken.values()];
    const isTaken = known.includes(axis.name);
    taken.set(axis.id, isTaken ? `${axis.name}'${known.length}` : axis.name);
  }
  return {
    axis: (axis) => taken.get(axis) ?? `axis${axis}`,
    tensor: (tensor) => `${tensors[tensor]?.name ?? "tensor"}#${tensor}`,
  };
}

/** Text of several expressions that may share parts: `let` lines for what is used twice, then each. */
export function printExprs(
  exprs: readonly Expr[],
  names: ExprNames,
): { readonly lets: readonly string[]; readonly texts: readonly string[] } {
  const uses = new Map<Expr, number>();
  const nodes = nodesOf(exprs);
  for (const node of nodes) {
    for (const child of childrenOf(node)) uses.set(child, (uses.get(child) ?? 0) + 1);
  }
  const lets: string[] = [];
  const texts = new Map<Expr, string>();
  const text = (expr: Expr): string => texts.get(expr) ?? "?";
  for (const node of nodes) {
    const printed = printNode(node, text, names);
    const isShared =
      (uses.get(node) ?? 0) > 1 && node.type !== "i32" && childrenOf(node).length > 0;
    if (isShared) {
      const name = `v${lets.length}`;
      lets.push(`${name} = ${printed}`);
      texts.set(node, name);
    } else texts.set(node, printed);
  }
  return { lets, texts: exprs.map(text) };
}

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  and: "and",
  or: "or",
};

function printNode(expr: Expr, text: (expr: Expr) => string, names: ExprNames): string {
  switch (expr.kind) {
    case "constant":
      if (expr.type === "bool") return expr.value !== 0 ? "true" : "false";
      return expr.type === "f32" && Number.isInteger(expr.value)
        ? `${expr.value}.0`
        : `${expr.value}`;
    case "axis":
      return names.axis(expr.axis);
    case "load":
      return `${names.tensor(expr.tensor)}[${expr.at.map(text).join(", ")}]`;
    case "select":
      return `(${text(expr.condition)} ? ${text(expr.then)} : ${text(expr.otherwise)})`;
    case "reduced":
      return `r${expr.reduction}`;
    case "immediate":
      return `$${expr.name}`;
    case "call": {
      const symbol = infix[expr.fn];
      const args = expr.args.map(text);
      if (symbol === undefined) return `${expr.fn}(${args.join(", ")})`;
      const word = expr.type === "i32" && expr.fn === "div" ? "div" : symbol;
      return `(${args.join(` ${word} `)})`;
    }
  }
}
