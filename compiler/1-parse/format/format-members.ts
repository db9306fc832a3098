import type { CstNode } from "chevrotain";
import { nodeOf, nodesOf, onlyNode, tokenOf } from "../build/cst.ts";
import { FormatExpressions } from "./format-expressions.ts";
import { type Doc, fill, group, indent, line } from "./layout.ts";

/** Members that stand between empty lines. */
const spaced = new Set(["fnDef", "mode"]);

export abstract class FormatMembers extends FormatExpressions {
  members(node: CstNode | undefined): Doc {
    const isSpaced = (member: CstNode): boolean => spaced.has(onlyNode(member)?.name ?? "");
    return this.body(
      node,
      nodesOf(node, "member"),
      (member) => this.#member(onlyNode(member)),
      isSpaced,
    );
  }

  #member(node: CstNode | undefined): Doc {
    switch (node?.name) {
      case "axisDef":
        return this.axisDef(node);
      case "letDef":
        return this.letDef(node);
      case "useDef":
        return [this.word(node, "Use"), " ", this.paths(nodeOf(node, "paths")), this.#made(node)];
      case "slotDef":
        return this.#slot(node);
      case "repeat":
        return this.#repeat(node);
      case "storage":
        return this.#storage(node);
      case "typeDef": {
        const name = [
          this.word(node, "Type"),
          " ",
          this.word(node, "Name"),
          " ",
          this.word(node, "Equal"),
        ];
        return [name, " ", this.type(nodeOf(node, "type"))];
      }
      case "fnDef":
        return this.fn(node);
      case "mode":
        return this.#mode(node);
      default:
        return "";
    }
  }

  /** ` = Part<..>(..) if c`. */
  #made(node: CstNode): Doc {
    return [
      " ",
      this.word(node, "Equal"),
      " ",
      this.part(nodeOf(node, "part")),
      this.#condition(node),
    ];
  }
  #condition(node: CstNode): Doc {
    const condition = nodeOf(node, "condition");
    if (condition === undefined) return "";
    return this.clause(this.word(condition, "If"), " ", this.expr(nodeOf(condition, "expr")));
  }

  #slot(node: CstNode): Doc {
    const path = [
      this.word(node, "Slot"),
      " ",
      this.path(nodeOf(node, "path")),
      this.word(node, "Colon"),
      " ",
    ];
    const interfaceAxes = group(this.#axesArg(nodeOf(node, "axesArg")));
    return [path, this.word(node, "Name"), interfaceAxes, this.#made(node)];
  }

  #repeat(node: CstNode): Doc {
    const head = [
      this.word(node, "Repeat"),
      " ",
      this.word(node, "Name"),
      " ",
      this.word(node, "In"),
      " ",
    ];
    return [head, this.range(node), " ", this.members(nodeOf(node, "members"))];
  }

  #storage(node: CstNode): Doc {
    const kind = tokenOf(node, "Param") ?? tokenOf(node, "Buffer") ?? tokenOf(node, "State");
    const typed = [
      this.paths(nodeOf(node, "paths")),
      this.word(node, "Colon"),
      " ",
      this.type(nodeOf(node, "type")),
    ];
    const value = [" ", this.word(node, "Equal"), " ", this.expr(nodeOf(node, "expr"))];
    return [this.token(kind), " ", typed, value, this.#condition(node)];
  }

  part(node: CstNode | undefined): Doc {
    const axes = this.#axesArg(nodeOf(node, "axesArg"));
    const args = nodeOf(node, "args") === undefined ? "" : this.args(nodeOf(node, "args"));
    const lists = this.twoLists(axes, args);
    const replaced = nodeOf(node, "path");
    if (replaced === undefined) return [this.word(node, "Name"), lists];
    const other = [
      this.path(replaced),
      " ",
      this.word(node, "Equal"),
      " ",
      this.part(nodeOf(node, "part")),
    ];
    return [this.word(node, "Name"), lists, this.clause(this.word(node, "With"), " ", other)];
  }

  #axesArg(node: CstNode | undefined): Doc {
    const items = nodesOf(node, "axisArg").map((arg) => {
      const axis = this.axis(nodeOf(arg, "axis"));
      const name = tokenOf(arg, "Name");
      return name === undefined
        ? axis
        : [this.token(name), " ", this.word(arg, "Equal"), " ", axis];
    });
    return this.list(tokenOf(node, "Less"), this.withCommas(node, items), tokenOf(node, "Greater"));
  }

  /** `<..>(..)` of a module, model or interface. */
  protected header(node: CstNode): Doc {
    const list = nodeOf(node, "formals");
    const formals = nodesOf(list, "formal").map((formal) => {
      const size = nodeOf(formal, "axis");
      const name = this.word(formal, "Name");
      return size === undefined
        ? name
        : [name, " ", this.word(formal, "Equal"), " ", this.axis(size)];
    });
    const first = this.list(
      tokenOf(list, "Less"),
      this.withCommas(list, formals),
      tokenOf(list, "Greater"),
    );
    const second = this.paramList(nodeOf(node, "paramList"));
    return [this.twoLists(first, second), this.#where(nodeOf(node, "where"))];
  }

  /** On the line of the header if it fits there, else on its own. */
  #where(node: CstNode | undefined): Doc {
    if (node === undefined) return "";
    const facts = this.withCommas(
      node,
      nodesOf(node, "expr").map((fact) => this.expr(fact)),
    );
    return group([line, this.word(node, "Where"), " ", indent(fill(facts))], "yields");
  }

  fn(node: CstNode): Doc {
    const name = [this.word(node, "Fn"), " ", this.word(node, "Name")];
    return [
      name,
      this.#signature(nodeOf(node, "signature")),
      " ",
      this.block(nodeOf(node, "block")),
    ];
  }

  #signature(node: CstNode | undefined): Doc {
    const braces = nodeOf(node, "braces");
    const call = this.#call(nodeOf(node, "call"));
    return braces === undefined ? call : [group(this.braces(braces)), call];
  }

  #call(node: CstNode | undefined): Doc {
    const params = group(this.paramList(nodeOf(node, "paramList")), "yields");
    const arrow = [" ", this.word(node, "Arrow"), " "];
    return [
      params,
      arrow,
      this.#result(nodeOf(node, "result")),
      this.#where(nodeOf(node, "where")),
    ];
  }

  #result(node: CstNode | undefined): Doc {
    const results = nodeOf(node, "results");
    if (results === undefined) return this.type(nodeOf(node, "type"));
    const items = nodesOf(results, "resultEntry").map((entry) => {
      const name = [this.word(entry, "Name"), this.word(entry, "Colon")];
      return [name, " ", this.type(nodeOf(entry, "type"))];
    });
    const list = this.list(
      tokenOf(node, "LeftParen"),
      this.withCommas(results, items),
      tokenOf(node, "RightParen"),
    );
    return group(list);
  }

  #mode(node: CstNode): Doc {
    const name = [this.word(node, "Mode"), " ", this.word(node, "Name")];
    const steps = nodeOf(node, "steps");
    if (steps === undefined)
      return [name, this.#call(nodeOf(node, "call")), " ", this.block(nodeOf(node, "block"))];
    return [name, " ", this.body(steps, nodesOf(steps, "step"), (step) => this.#step(step))];
  }
  #step(node: CstNode): Doc {
    const name = [this.word(node, "Step"), " ", this.word(node, "Name")];
    return [name, this.#call(nodeOf(node, "call")), " ", this.shortBlock(nodeOf(node, "block"))];
  }

  protected promises(node: CstNode | undefined): Doc {
    return this.body(node, nodesOf(node, "promise"), (promise) => {
      const signature = nodeOf(promise, "signature");
      const kind = this.token(tokenOf(promise, "Axis") ?? tokenOf(promise, "Fn"));
      const name = [kind, " ", this.word(promise, "Name")];
      return signature === undefined ? name : [name, this.#signature(signature)];
    });
  }
}
