import type { CstNode, IToken } from "chevrotain";
import type {
  ArgSyntax,
  BinaryOp,
  BlockSyntax,
  ExprSyntax,
  LetSyntax,
  ParamSyntax,
  StatementSyntax,
} from "../../ir/syntax/syntax.ts";
import { joinSpans, type Span } from "../../source/source-file.ts";
import { sourceLimits } from "../lex/limits.ts";
import { foldOperators } from "../lex/operators.ts";
import { word } from "../lex/tokens.ts";
import { BuildAxes, numberOf } from "./build-axes.ts";
import { nodeOf, nodesOf, onlyNode, onlyToken, tokenOf } from "./cst.ts";

type IfSyntax = Extract<ExprSyntax, { kind: "if" }>;

export abstract class BuildExpressions extends BuildAxes {
  expr(node: CstNode | undefined): ExprSyntax {
    if (node?.recoveredNode === true) return { kind: "error", span: this.spanOf(node) };
    const operands = nodesOf(node, "unary").map((unary) => ({
      signs: nodesOf(unary, "sign").flatMap((sign) => onlyToken(sign) ?? []),
      value: this.#postfix(nodeOf(unary, "postfix")),
    }));
    const operators = nodesOf(node, "operator").flatMap((operator) => onlyToken(operator) ?? []);
    const signs = operands.reduce((most, operand) => Math.max(most, operand.signs.length), 0);
    if (this.isLongChain(operators.length + signs, node))
      return { kind: "error", span: this.spanOf(node) };
    const folded = foldOperators<ExprSyntax, IToken>(operands, operators, {
      textOf: (token) => token.image,
      unary: (sign, operand) => ({
        kind: "unary",
        op: sign.image as "-" | "not",
        operand,
        span: joinSpans(this.tokenSpan(sign), operand.span),
      }),
      binary: (operator, left, right) => ({
        kind: "binary",
        op: operator.image as BinaryOp,
        left,
        right,
        opSpan: this.tokenSpan(operator),
        span: joinSpans(left.span, right.span),
      }),
      chained: (operator) => this.#reportChain(operator),
    });
    return folded ?? { kind: "error", span: this.spanOf(node) };
  }

  #reportChain(operator: IToken): void {
    this.sink.report(
      "syntax",
      this.tokenSpan(operator),
      { expected: "the end of the comparison", found: `\`${operator.image}\`` },
      { hint: "comparisons are not chained: write `a < b and b < c`" },
    );
  }

  #postfix(node: CstNode | undefined): ExprSyntax {
    const suffixes = nodesOf(node, "suffix");
    if (this.isLongChain(suffixes.length, node)) return { kind: "error", span: this.spanOf(node) };
    let result = this.#primary(nodeOf(node, "primary"));
    for (const suffix of suffixes) result = this.#suffixed(result, suffix);
    return result;
  }

  #suffixed(object: ExprSyntax, node: CstNode): ExprSyntax {
    const span = joinSpans(object.span, this.spanOf(node));
    const braces = nodeOf(node, "braces");
    if (braces !== undefined) {
      return { kind: "call", callee: object, braces: this.braces(braces), args: undefined, span };
    }
    const args = nodeOf(node, "args");
    if (args !== undefined) return this.#called(object, this.args(args), span);
    const index = nodeOf(node, "index");
    if (index !== undefined) {
      const [from, to] = nodesOf(index, "expr").map((expr) => this.expr(expr));
      return { kind: "index", object, index: from, to, span };
    }
    return tokenOf(node, "Name") === undefined
      ? { kind: "error", span }
      : { kind: "member", object, name: this.nameIn(node), span };
  }

  /** `f{axes}` and the arguments right after it are one call. */
  #called(callee: ExprSyntax, args: readonly ArgSyntax[], span: Span): ExprSyntax {
    return callee.kind === "call" && callee.args === undefined
      ? { ...callee, args, span }
      : { kind: "call", callee, braces: undefined, args, span };
  }

  #primary(node: CstNode | undefined): ExprSyntax {
    const span = this.spanOf(node);
    const ifElse = nodeOf(node, "ifElse");
    if (ifElse !== undefined) return this.#ifElse(ifElse);
    const values = nodesOf(nodeOf(node, "values"), "expr");
    if (tokenOf(node, "LeftSquare") !== undefined) {
      return { kind: "list", items: values.map((value) => this.expr(value)), span };
    }
    if (tokenOf(node, "LeftParen") !== undefined) {
      const [first] = values;
      // What stands in parentheses is underlined with them.
      if (values.length === 1) return { ...this.expr(first), span };
      return { kind: "tuple", items: values.map((value) => this.expr(value)), span };
    }
    return this.#literal(onlyToken(node), span);
  }

  #literal(token: IToken | undefined, span: Span): ExprSyntax {
    if (token === undefined) return { kind: "error", span };
    switch (token.tokenType.name) {
      case "Int":
        return { kind: "int", value: this.integer(token), span };
      case "Float":
        return { kind: "float", value: numberOf(token), text: token.image, span };
      case "String":
        return { kind: "string", value: token.image.slice(1, -1), span };
      case "True":
      case "False":
        return { kind: "bool", value: token.image === "true", span };
      case "None":
        return { kind: "none", span };
      default:
        return { kind: "name", name: token.image, span };
    }
  }

  #ifElse(node: CstNode): IfSyntax {
    const [then, otherwise] = nodesOf(node, "block");
    const nested = nodeOf(node, "ifElse");
    const span = this.spanOf(node);
    return {
      kind: "if",
      condition: this.expr(nodeOf(node, "expr")),
      // biome-ignore lint/suspicious/noThenProperty: the tree is data and is never awaited
      then: this.block(then),
      otherwise:
        nested === undefined
          ? otherwise && this.block(otherwise)
          : this.#elseIf(this.#ifElse(nested)),
      span,
    };
  }
  /** `else if` is an `else` whose block is the `if`. */
  #elseIf(value: IfSyntax): BlockSyntax {
    return { statements: [{ kind: "expr", value, span: value.span }], span: value.span };
  }

  args(node: CstNode | undefined): readonly ArgSyntax[] {
    return nodesOf(nodeOf(node, "arguments"), "argument").map((argument) => {
      const name = tokenOf(argument, "Name");
      return {
        name: name && this.named(name),
        value: this.expr(nodeOf(argument, "expr")),
        span: this.spanOf(argument),
      };
    });
  }

  block(node: CstNode | undefined): BlockSyntax {
    const statements = nodesOf(node, "statement").map((one) => this.#statement(one));
    for (const [index, statement] of statements.entries())
      this.#checkLines(statements[index - 1], statement);
    return { statements, span: this.spanOf(node) };
  }

  /** A value that is not the last has no use: what follows it was meant to belong to it, or to stand elsewhere. */
  #checkLines(before: StatementSyntax | undefined, { span }: StatementSyntax): void {
    if (before?.kind !== "expr" || before.value.kind === "if" || before.value.kind === "error")
      return;
    const { file, start } = span;
    if (this.sink.errorCount > sourceLimits.reports) return;
    if (this.troubledLines.has(this.lineAt(start))) return;
    const bracket = file.text.charAt(start);
    if (!file.text.slice(before.span.end, start).includes("\n"))
      this.#reportSecondStatement(before.value, span);
    else if (bracket === "(" || bracket === "[") {
      const related = [{ span: before.span, text: "belongs here, on the same line" }];
      this.sink.report("line-break", { file, start, end: start + 1 }, { bracket }, { related });
    }
  }

  #reportSecondStatement(before: ExprSyntax, span: Span): void {
    const found = `\`${span.file.text.slice(span.start, span.end).split("\n")[0]}\``;
    const isDeclaration = before.kind === "name" && Object.hasOwn(word, before.name);
    const isReturn = before.kind === "name" && before.name === "return";
    const options = isDeclaration
      ? { hint: `\`${before.name}\` stands outside of a block` }
      : isReturn
        ? { hint: "the last line of a block is its value: leave `return` out" }
        : {};
    this.sink.report("syntax", span, { expected: "the end of the line", found }, options);
  }

  #statement(node: CstNode): StatementSyntax {
    const span = this.spanOf(node);
    const inner = onlyNode(node);
    const value = (): ExprSyntax => this.expr(nodeOf(inner, "expr"));
    switch (inner?.name) {
      case "axisDef":
        return this.axisDef(inner);
      case "letDef":
        return this.letDef(inner);
      case "forLoop": {
        const [from, to] = nodesOf(inner, "expr").map((expr) => this.expr(expr));
        return {
          kind: "for",
          variable: this.nameIn(inner),
          from: from ?? { kind: "error", span },
          to,
          body: this.block(nodeOf(inner, "block")),
          span,
        };
      }
      case "assignment": {
        const kind = tokenOf(inner, "Store") === undefined ? "assign" : "store";
        return { kind, target: this.nameIn(inner), value: value(), span };
      }
      case "expr":
        return { kind: "expr", value: this.expr(inner), span };
      default:
        return { kind: "expr", value: { kind: "error", span }, span };
    }
  }

  letDef(node: CstNode): LetSyntax {
    return {
      kind: "let",
      names: this.namesIn(nodeOf(node, "names")),
      value: this.expr(nodeOf(node, "expr")),
      span: this.spanOf(node),
    };
  }

  params(node: CstNode | undefined): readonly ParamSyntax[] {
    return nodesOf(nodeOf(node, "params"), "param").map((param) => {
      const value = nodeOf(param, "expr");
      const reader = nodeOf(param, "reader");
      return {
        name: this.nameIn(param),
        type: this.type(nodeOf(param, "type")),
        default: value && this.expr(value),
        reader: reader && {
          name: this.nameIn(reader),
          args: this.args(nodeOf(reader, "args")),
          span: this.spanOf(reader),
        },
        span: this.spanOf(param),
      };
    });
  }
}
