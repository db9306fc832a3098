import type { CstNode } from "chevrotain";
import type {
  AxisArgSyntax,
  ExprSyntax,
  FnSyntax,
  FormalSyntax,
  InterfaceSyntax,
  MemberSyntax,
  ModeSyntax,
  PartSyntax,
  RepeatSyntax,
  ResultSyntax,
  SignatureSyntax,
  SlotSyntax,
  StorageSyntax,
  UseSyntax,
} from "../../ir/syntax/syntax.ts";
import { BuildExpressions } from "./build-expressions.ts";
import { nodeOf, nodesOf, onlyNode, tokenOf } from "./cst.ts";

export abstract class BuildMembers extends BuildExpressions {
  /** A member without a name is left out: what is wrong with it has been said. */
  members(node: CstNode | undefined): readonly MemberSyntax[] {
    return nodesOf(node, "member").flatMap((member) => this.#member(onlyNode(member)) ?? []);
  }

  #member(node: CstNode | undefined): MemberSyntax | undefined {
    switch (node?.name) {
      case "axisDef":
        return this.axisDef(node);
      case "letDef":
        return this.letDef(node);
      case "useDef":
        return this.#use(node);
      case "slotDef":
        return this.#slot(node);
      case "repeat":
        return this.#repeat(node);
      case "storage":
        return this.#storage(node);
      case "typeDef":
        return {
          kind: "type",
          name: this.nameIn(node),
          type: this.type(nodeOf(node, "type")),
          span: this.spanOf(node),
        };
      case "fnDef":
        return this.fn(node);
      case "mode":
        return this.#mode(node);
      default:
        return undefined;
    }
  }

  #use(node: CstNode): UseSyntax {
    return {
      kind: "use",
      paths: this.paths(nodeOf(node, "paths")),
      part: this.part(nodeOf(node, "part")),
      condition: this.#condition(node),
      span: this.spanOf(node),
    };
  }

  #slot(node: CstNode): SlotSyntax {
    return {
      kind: "slot",
      path: this.path(nodeOf(node, "path")),
      interface: this.nameIn(node),
      axes: this.#axesArg(nodeOf(node, "axesArg")),
      part: this.part(nodeOf(node, "part")),
      condition: this.#condition(node),
      span: this.spanOf(node),
    };
  }

  #repeat(node: CstNode): RepeatSyntax {
    return {
      kind: "repeat",
      variable: this.nameIn(node),
      from: this.expr(nodeOf(node, "expr")),
      to: this.expr(nodeOf(node, "expr", 1)),
      members: this.members(nodeOf(node, "members")),
      span: this.spanOf(node),
    };
  }

  #storage(node: CstNode): StorageSyntax {
    const isState = tokenOf(node, "State") !== undefined;
    const isBuffer = tokenOf(node, "Buffer") !== undefined;
    return {
      kind: "storage",
      storage: isState ? "state" : isBuffer ? "buffer" : "param",
      paths: this.paths(nodeOf(node, "paths")),
      type: this.type(nodeOf(node, "type")),
      init: this.expr(nodeOf(node, "expr")),
      condition: this.#condition(node),
      span: this.spanOf(node),
    };
  }

  #condition(node: CstNode): ExprSyntax | undefined {
    const condition = nodeOf(node, "condition");
    return condition && this.expr(nodeOf(condition, "expr"));
  }

  part(node: CstNode | undefined): PartSyntax {
    const replaced = nodeOf(node, "path");
    return {
      name: this.nameIn(node),
      axes: this.#axesArg(nodeOf(node, "axesArg")),
      args: this.args(nodeOf(node, "args")),
      with: replaced && { path: this.path(replaced), part: this.part(nodeOf(node, "part")) },
      span: this.spanOf(node),
    };
  }

  #axesArg(node: CstNode | undefined): readonly AxisArgSyntax[] {
    return nodesOf(node, "axisArg").map((arg) => {
      const name = tokenOf(arg, "Name");
      return {
        name: name && this.named(name),
        axis: this.axis(nodeOf(arg, "axis")),
        span: this.spanOf(arg),
      };
    });
  }

  formals(node: CstNode | undefined): readonly FormalSyntax[] {
    return nodesOf(node, "formal").map((formal) => {
      const size = nodeOf(formal, "axis");
      return {
        name: this.nameIn(formal),
        default: size && this.axis(size),
        span: this.spanOf(formal),
      };
    });
  }

  where(node: CstNode | undefined): readonly ExprSyntax[] {
    return nodesOf(node, "expr").map((fact) => this.expr(fact));
  }

  fn(node: CstNode): FnSyntax {
    return {
      kind: "fn",
      name: this.nameIn(node),
      signature: this.#signature(nodeOf(node, "signature")),
      body: this.block(nodeOf(node, "block")),
      doc: this.docAbove(node),
      span: this.spanOf(node),
    };
  }

  #signature(node: CstNode | undefined): SignatureSyntax {
    const braces = nodeOf(node, "braces");
    return {
      ...this.#call(nodeOf(node, "call")),
      braces: braces && this.braces(braces),
      span: this.spanOf(node),
    };
  }

  #call(node: CstNode | undefined): SignatureSyntax {
    return {
      braces: undefined,
      params: this.params(nodeOf(node, "paramList")),
      result: this.#result(nodeOf(node, "result")),
      where: this.where(nodeOf(node, "where")),
      span: this.spanOf(node),
    };
  }

  #result(node: CstNode | undefined): ResultSyntax {
    const span = this.spanOf(node);
    const many = nodeOf(node, "results");
    if (many === undefined) return { kind: "one", type: this.type(nodeOf(node, "type")), span };
    const entries = nodesOf(many, "resultEntry").map((entry) => ({
      name: this.nameIn(entry),
      type: this.type(nodeOf(entry, "type")),
    }));
    return { kind: "many", entries, span };
  }

  #mode(node: CstNode): ModeSyntax {
    const stepped = nodeOf(node, "steps");
    const entryOf = (entry: CstNode): ModeSyntax["steps"][number] => ({
      name: this.nameIn(entry),
      signature: this.#call(nodeOf(entry, "call")),
      body: this.block(nodeOf(entry, "block")),
      span: this.spanOf(entry),
    });
    return {
      kind: "mode",
      name: this.nameIn(node),
      steps: stepped === undefined ? [entryOf(node)] : nodesOf(stepped, "step").map(entryOf),
      isStepped: stepped !== undefined,
      doc: this.docAbove(node),
      span: this.spanOf(node),
    };
  }

  interface(node: CstNode): InterfaceSyntax {
    const promises = nodesOf(nodeOf(node, "promises"), "promise");
    const isFn = (promise: CstNode): boolean => nodeOf(promise, "signature") !== undefined;
    return {
      kind: "interface",
      name: this.nameIn(node),
      formals: this.formals(nodeOf(node, "formals")),
      params: this.params(nodeOf(node, "paramList")),
      axes: promises
        .filter((promise) => !isFn(promise))
        .flatMap((promise) => this.namesIn(promise)),
      fns: promises.filter(isFn).map((promise) => ({
        name: this.nameIn(promise),
        signature: this.#signature(nodeOf(promise, "signature")),
        span: this.spanOf(promise),
      })),
      doc: this.docAbove(node),
      span: this.spanOf(node),
    };
  }
}
