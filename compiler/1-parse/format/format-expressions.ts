import type { CstNode } from "chevrotain";
import { nodeOf, nodesOf, onlyNode, onlyToken, tokenOf, tokensOf } from "../build/cst.ts";
import { FormatAxes } from "./format-axes.ts";
import { type Doc, flatWidth, group, indent, line } from "./layout.ts";

/** A statement up to this many columns is short: its block may stand on one line. */
const shortStatement = 40;

export abstract class FormatExpressions extends FormatAxes {
  expr(node: CstNode | undefined): Doc {
    const operators = nodesOf(node, "operator").flatMap((operator) => onlyToken(operator) ?? []);
    return this.chain(
      nodesOf(node, "unary").map((unary) => this.#unary(unary)),
      operators,
    );
  }

  #unary(node: CstNode): Doc {
    const signs = nodesOf(node, "sign").map((sign) => {
      const token = onlyToken(sign);
      return [this.token(token), token?.image === "not" ? " " : ""];
    });
    return [signs, this.#postfix(nodeOf(node, "postfix"))];
  }

  /** Of several lists in a row the last one breaks first. */
  #postfix(node: CstNode | undefined): Doc {
    const suffixes = nodesOf(node, "suffix");
    const docs = suffixes.map((suffix, index) => {
      const args = nodeOf(suffix, "args");
      const breaking = index === suffixes.length - 1 ? "yields" : "normal";
      if (args !== undefined) return group(this.args(args), breaking);
      const braces = nodeOf(suffix, "braces");
      if (braces !== undefined) return group(this.braces(braces), breaking);
      if (nodeOf(suffix, "index") !== undefined) return this.index(suffix);
      return [this.word(suffix, "Dot"), this.word(suffix, "Name")];
    });
    return [this.#primary(nodeOf(node, "primary")), docs];
  }

  #primary(node: CstNode | undefined): Doc {
    const ifElse = nodeOf(node, "ifElse");
    if (ifElse !== undefined) return this.#ifElse(ifElse);
    const square = tokenOf(node, "LeftSquare");
    const open = square ?? tokenOf(node, "LeftParen");
    if (open === undefined) return this.token(onlyToken(node));
    const values = nodeOf(node, "values");
    const items = this.withCommas(
      values,
      nodesOf(values, "expr").map((expr) => this.expr(expr)),
    );
    return group(
      this.list(open, items, tokenOf(node, square === undefined ? "RightParen" : "RightSquare")),
    );
  }

  args(node: CstNode | undefined): Doc {
    const list = nodeOf(node, "arguments");
    const items = nodesOf(list, "argument").map((argument) => {
      const value = this.expr(nodeOf(argument, "expr"));
      const name = tokenOf(argument, "Name");
      return name === undefined
        ? value
        : [this.token(name), this.word(argument, "Colon"), " ", value];
    });
    return this.list(
      tokenOf(node, "LeftParen"),
      this.withCommas(list, items),
      tokenOf(node, "RightParen"),
    );
  }

  #ifElse(node: CstNode): Doc {
    return group(
      this.#branches(
        node,
        this.#blocksOf(node).every((block) => this.#isShort(block)),
      ),
    );
  }

  #branches(node: CstNode, isShort: boolean): Doc {
    const [then, otherwise] = nodesOf(node, "block");
    const nested = nodeOf(node, "ifElse");
    const head = [
      this.word(node, "If"),
      " ",
      this.expr(nodeOf(node, "expr")),
      " ",
      this.#branch(then, isShort),
    ];
    if (tokenOf(node, "Else") === undefined) return head;
    const last =
      nested === undefined ? this.#branch(otherwise, isShort) : this.#branches(nested, isShort);
    return [head, " ", this.word(node, "Else"), " ", last];
  }
  #branch(node: CstNode | undefined, isShort: boolean): Doc {
    return isShort ? this.#oneLine(node) : this.block(node);
  }

  #blocksOf(node: CstNode): readonly CstNode[] {
    const nested = nodeOf(node, "ifElse");
    return [...nodesOf(node, "block"), ...(nested === undefined ? [] : this.#blocksOf(nested))];
  }

  /** One short expression or assignment, and no comment. */
  #isShort(block: CstNode): boolean {
    const [only, ...others] = nodesOf(block, "statement");
    if (only === undefined || others.length > 0) return false;
    if (this.hasCommentWithin(tokenOf(block, "LeftCurly"), tokenOf(block, "RightCurly")))
      return false;
    const kind = onlyNode(only)?.name;
    return (
      (kind === "expr" || kind === "assignment") &&
      !startsWithIf(only) &&
      flatWidth(this.statement(only)) <= shortStatement
    );
  }

  #oneLine(block: CstNode | undefined): Doc {
    const inner = nodesOf(block, "statement").map((statement) => this.statement(statement));
    return [
      this.word(block, "LeftCurly"),
      indent(line, ...inner),
      line,
      this.word(block, "RightCurly"),
    ];
  }

  /** A block that stands on one line if it is short and fits. */
  protected shortBlock(node: CstNode | undefined): Doc {
    return node !== undefined && this.#isShort(node)
      ? group(this.#oneLine(node), "yields")
      : this.block(node);
  }

  block(node: CstNode | undefined): Doc {
    return this.body(node, nodesOf(node, "statement"), (statement) => this.statement(statement));
  }

  statement(node: CstNode): Doc {
    const inner = onlyNode(node);
    switch (inner?.name) {
      case "axisDef":
        return this.axisDef(inner);
      case "letDef":
        return this.letDef(inner);
      case "forLoop":
        return this.#forLoop(inner);
      case "assignment": {
        const sign = this.token(tokenOf(inner, "Equal") ?? tokenOf(inner, "Store"));
        return [this.word(inner, "Name"), " ", sign, " ", this.expr(nodeOf(inner, "expr"))];
      }
      default:
        return this.expr(inner);
    }
  }

  letDef(node: CstNode): Doc {
    const names = [this.word(node, "Let"), " ", this.names(nodeOf(node, "names"))];
    return [names, " ", this.word(node, "Equal"), " ", this.expr(nodeOf(node, "expr"))];
  }

  #forLoop(node: CstNode): Doc {
    const head = [
      this.word(node, "For"),
      " ",
      this.word(node, "Name"),
      " ",
      this.word(node, "In"),
      " ",
    ];
    return [head, this.range(node), " ", this.shortBlock(nodeOf(node, "block"))];
  }

  paramList(node: CstNode | undefined): Doc {
    const params = nodeOf(node, "params");
    const items = nodesOf(params, "param").map((param) => this.#param(param));
    return this.list(
      tokenOf(node, "LeftParen"),
      this.withCommas(params, items),
      tokenOf(node, "RightParen"),
    );
  }

  #param(node: CstNode): Doc {
    const typed = [
      this.word(node, "Name"),
      this.word(node, "Colon"),
      " ",
      this.type(nodeOf(node, "type")),
    ];
    const value = nodeOf(node, "expr");
    const reader = nodeOf(node, "reader");
    return [
      typed,
      value === undefined ? "" : [" ", this.word(node, "Equal"), " ", this.expr(value)],
      reader === undefined ? "" : this.#reader(reader),
    ];
  }
  #reader(node: CstNode): Doc {
    return [
      " ",
      this.word(node, "From"),
      " ",
      this.word(node, "Name"),
      group(this.args(nodeOf(node, "args"))),
    ];
  }

  /** A clause that goes to a line of its own, indented, where it does not fit. */
  protected clause(...doc: readonly Doc[]): Doc {
    return group(indent(line, ...doc), "yields");
  }
  protected strings(node: CstNode | undefined): Doc {
    return this.row(
      node,
      tokensOf(node, "String").map((string) => this.token(string)),
    );
  }
}

function startsWithIf(statement: CstNode): boolean {
  const [first] = nodesOf(nodeOf(statement, "expr"), "unary");
  return nodeOf(nodeOf(nodeOf(first, "postfix"), "primary"), "ifElse") !== undefined;
}
