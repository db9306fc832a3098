import type { CstNode, IToken } from "chevrotain";
import type {
  AxisDefSyntax,
  AxisSyntax,
  BraceItemSyntax,
  BracesSyntax,
  ExprSyntax,
  PathStepSyntax,
  PathSyntax,
  SizeOp,
  TypeAxisSyntax,
  TypeSyntax,
} from "../../ir/syntax/syntax.ts";
import { joinSpans } from "../../source/source-file.ts";
import { foldOperators } from "../lex/operators.ts";
import { BuildBase } from "./build-base.ts";
import { nodeOf, nodesOf, onlyToken, tokenOf } from "./cst.ts";

export abstract class BuildAxes extends BuildBase {
  abstract expr(node: CstNode | undefined): ExprSyntax;

  axis(node: CstNode | undefined): AxisSyntax {
    const sizes = nodesOf(node, "size");
    if (this.isLongChain(sizes.length, node)) return this.#axisHole(node);
    const parts = sizes.map((size) => this.#size(size));
    const [first] = parts;
    if (first === undefined) return this.#axisHole(node);
    return parts.length === 1 ? first : { kind: "join", parts, span: this.spanOf(node) };
  }

  /** An axis that is missing after an error: a path without a name. */
  #axisHole(node: CstNode | undefined): AxisSyntax {
    return {
      kind: "path",
      path: { head: this.nameIn(node), steps: [], span: this.spanOf(node) },
      span: this.spanOf(node),
    };
  }

  #size(node: CstNode): AxisSyntax {
    const operands = nodesOf(node, "sizeAtom").map((atom) => ({
      signs: [],
      value: this.#sizeAtom(atom),
    }));
    const operators = nodesOf(node, "sizeOperator").flatMap(
      (operator) => onlyToken(operator) ?? [],
    );
    if (this.isLongChain(operators.length, node)) return this.#axisHole(node);
    const folded = foldOperators<AxisSyntax, IToken>(operands, operators, {
      textOf: (token) => token.image,
      unary: (_sign, operand) => operand,
      binary: (operator, left, right) => ({
        kind: "binary",
        op: operator.image as SizeOp,
        left,
        right,
        span: joinSpans(left.span, right.span),
      }),
      chained: () => {},
    });
    return folded ?? this.#axisHole(node);
  }

  #sizeAtom(node: CstNode): AxisSyntax {
    const span = this.spanOf(node);
    const int = tokenOf(node, "Int");
    if (int !== undefined) return { kind: "number", value: this.integer(int), span };
    const path = nodeOf(node, "path");
    const parts = nodesOf(nodeOf(node, "sizes"), "axis").map((axis) => this.axis(axis));
    if (path !== undefined) {
      const isCall = nodeOf(node, "sizes") !== undefined;
      return isCall
        ? { kind: "call", path: this.path(path), args: parts, span }
        : { kind: "path", path: this.path(path), span };
    }
    const [first] = parts;
    if (first === undefined) return this.#axisHole(node);
    // What stands in parentheses is underlined with them.
    return parts.length === 1 ? { ...first, span } : { kind: "product", parts, span };
  }

  path(node: CstNode | undefined): PathSyntax {
    const steps = nodesOf(node, "pathStep");
    return {
      head: this.nameIn(node),
      steps: (this.isLongChain(steps.length, node) ? [] : steps).flatMap((step) =>
        this.#pathStep(step),
      ),
      span: this.spanOf(node),
    };
  }
  paths(node: CstNode | undefined): readonly PathSyntax[] {
    return nodesOf(node, "path").map((path) => this.path(path));
  }

  #pathStep(node: CstNode): readonly PathStepSyntax[] {
    const span = this.spanOf(node);
    const index = nodeOf(node, "index");
    if (index === undefined) {
      const name = tokenOf(node, "Name");
      if (name !== undefined) return [{ kind: "name", name: this.named(name) }];
      return tokenOf(node, "Star") === undefined ? [] : [{ kind: "anyName", span }];
    }
    if (tokenOf(index, "Star") !== undefined) return [{ kind: "anyIndex", span }];
    const [first, second] = nodesOf(index, "expr");
    const from = this.expr(first);
    return [
      second === undefined
        ? { kind: "index", index: from, span }
        : { kind: "range", from, to: this.expr(second), span },
    ];
  }

  axisDef(node: CstNode): AxisDefSyntax {
    return {
      kind: "axis",
      name: this.nameIn(node),
      axis: this.axis(nodeOf(node, "axis")),
      span: this.spanOf(node),
    };
  }

  type(node: CstNode | undefined): TypeSyntax {
    const name = tokenOf(node, "Name");
    const list = nodeOf(node, "typeList");
    return {
      element: name === undefined ? undefined : this.named(name),
      axes:
        list && nodesOf(nodeOf(list, "typeAxes"), "typeAxis").map((axis) => this.#typeAxis(axis)),
      span: this.spanOf(node),
    };
  }

  #typeAxis(node: CstNode): TypeAxisSyntax {
    const span = this.spanOf(node);
    if (tokenOf(node, "DotDot") !== undefined) return { kind: "rest", span };
    const [axis, size] = nodesOf(node, "axis");
    return { kind: "axis", axis: this.axis(axis), size: size && this.axis(size), span };
  }

  /** A whole number; one in which digits would be lost is reported, and counts as 1. */
  integer(token: IToken): number {
    const value = numberOf(token);
    if (Number.isSafeInteger(value)) return value;
    const what = token.image.length > 24 ? "this number" : `\`${token.image}\``;
    const params = { what, found: undefined, limit: Number.MAX_SAFE_INTEGER };
    this.sink.report("size-too-large", this.tokenSpan(token), params);
    return 1;
  }

  braces(node: CstNode): BracesSyntax {
    const items = nodeOf(node, "braceItems");
    const [left, right] = nodesOf(items, "itemAxes").map((axes) =>
      nodesOf(axes, "itemAxis").map((axis) => this.#itemAxis(axis)),
    );
    return { items: left ?? [], to: right, span: this.spanOf(node) };
  }

  #itemAxis(node: CstNode): BraceItemSyntax {
    const span = this.spanOf(node);
    if (tokenOf(node, "DotDot") !== undefined) return { kind: "rest", span };
    const at = nodeOf(node, "expr");
    return { kind: "axis", axis: this.axis(nodeOf(node, "axis")), at: at && this.expr(at), span };
  }
}

export function numberOf(token: IToken): number {
  return Number(token.image.replaceAll("_", ""));
}
