import type { CstNode } from "chevrotain";
import { nodeOf, nodesOf, onlyToken, tokenOf, tokensOf } from "../build/cst.ts";
import { FormatBase } from "./format-base.ts";
import { type Doc, group } from "./layout.ts";

export abstract class FormatAxes extends FormatBase {
  abstract expr(node: CstNode | undefined): Doc;

  axis(node: CstNode | undefined): Doc {
    const sizes = nodesOf(node, "size").map((size) => {
      const operators = nodesOf(size, "sizeOperator").flatMap(
        (operator) => onlyToken(operator) ?? [],
      );
      return this.chain(
        nodesOf(size, "sizeAtom").map((atom) => this.#sizeAtom(atom)),
        operators,
      );
    });
    return this.chain(sizes, tokensOf(node, "Join"));
  }

  #sizeAtom(node: CstNode): Doc {
    const int = tokenOf(node, "Int");
    if (int !== undefined) return this.token(int);
    const path = nodeOf(node, "path");
    const sizes = nodeOf(node, "sizes");
    const list = this.list(
      tokenOf(node, "LeftParen"),
      this.withCommas(
        sizes,
        nodesOf(sizes, "axis").map((axis) => this.axis(axis)),
      ),
      tokenOf(node, "RightParen"),
    );
    return [path === undefined ? "" : this.path(path), group(list)];
  }

  path(node: CstNode | undefined): Doc {
    return [this.word(node, "Name"), nodesOf(node, "pathStep").map((step) => this.#pathStep(step))];
  }
  paths(node: CstNode | undefined): Doc {
    return this.row(
      node,
      nodesOf(node, "path").map((path) => this.path(path)),
    );
  }
  names(node: CstNode | undefined): Doc {
    return this.row(
      node,
      tokensOf(node, "Name").map((name) => this.token(name)),
    );
  }

  #pathStep(node: CstNode): Doc {
    return nodeOf(node, "index") === undefined
      ? [this.word(node, "Dot"), this.word(node, "Name"), this.word(node, "Star")]
      : this.index(node);
  }

  /** `[i]`, `[*]`, `[a..b]`. */
  protected index(node: CstNode): Doc {
    const index = nodeOf(node, "index");
    const inner = [this.word(index, "Star"), this.range(index)];
    return [this.word(node, "LeftSquare"), inner, this.word(node, "RightSquare")];
  }
  /** `a` or `a..b`. */
  protected range(node: CstNode | undefined): Doc {
    const [from, to] = nodesOf(node, "expr");
    if (from === undefined) return "";
    return to === undefined
      ? this.expr(from)
      : [this.expr(from), this.word(node, "DotDot"), this.expr(to)];
  }

  axisDef(node: CstNode): Doc {
    const name = [this.word(node, "Axis"), " ", this.word(node, "Name")];
    return [name, " ", this.word(node, "Equal"), " ", this.axis(nodeOf(node, "axis"))];
  }

  type(node: CstNode | undefined): Doc {
    const list = nodeOf(node, "typeList");
    const axes = nodeOf(list, "typeAxes");
    const items = nodesOf(axes, "typeAxis").map((axis) => this.#typeAxis(axis));
    return [
      this.word(node, "Name"),
      group(
        this.list(
          tokenOf(list, "LeftSquare"),
          this.withCommas(axes, items),
          tokenOf(list, "RightSquare"),
        ),
      ),
    ];
  }

  #typeAxis(node: CstNode): Doc {
    const [axis, size] = nodesOf(node, "axis");
    if (axis === undefined) return this.word(node, "DotDot");
    return size === undefined
      ? this.axis(axis)
      : [this.axis(axis), " ", this.word(node, "Equal"), " ", this.axis(size)];
  }

  braces(node: CstNode | undefined): Doc {
    const items = nodeOf(node, "braceItems");
    const [left, right] = nodesOf(items, "itemAxes");
    const arrow = [" ", this.word(items, "Arrow"), " "];
    const leftItems = this.#itemAxes(left);
    const [firstRight, ...restRight] = this.#itemAxes(right);
    const last = leftItems.at(-1) ?? "";
    const all =
      firstRight === undefined
        ? leftItems
        : [...leftItems.slice(0, -1), [last, arrow, firstRight], ...restRight];
    return this.list(tokenOf(node, "LeftCurly"), all, tokenOf(node, "RightCurly"));
  }

  #itemAxes(node: CstNode | undefined): readonly Doc[] {
    const items = nodesOf(node, "itemAxis").map((item) => {
      const at = nodeOf(item, "expr");
      if (nodeOf(item, "axis") === undefined) return this.word(item, "DotDot");
      const axis = this.axis(nodeOf(item, "axis"));
      return at === undefined ? axis : [axis, this.word(item, "Colon"), " ", this.expr(at)];
    });
    return this.withCommas(node, items);
  }
}
