import type { CstNode } from "chevrotain";
import type { FileSyntax, ImportSyntax, ItemSyntax } from "../../ir/syntax/file-syntax.ts";
import { BuildEntries } from "./build-entries.ts";
import { nodeOf, nodesOf, onlyNode, tokenOf } from "./cst.ts";

/** The syntax tree of a whole file from its concrete tree. */
export class BuildFile extends BuildEntries {
  fileSyntax(node: CstNode): FileSyntax {
    const nodes = nodesOf(node, "item").flatMap((item) => onlyNode(item) ?? []);
    const firstItem = nodes.findIndex((item) => item.name !== "import");
    const late = nodes.find((item, n) => item.name === "import" && firstItem >= 0 && n > firstItem);
    // The imports below it are late for the same reason.
    if (late !== undefined) this.#reportLate(late);
    return {
      imports: nodes.filter((item) => item.name === "import").map((item) => this.#import(item)),
      items: nodes.flatMap((item) => this.#item(item) ?? []),
      span: { file: this.file, start: 0, end: this.file.text.length },
    };
  }

  #reportLate(node: CstNode): void {
    this.sink.report(
      "syntax",
      this.spanOf(node),
      { expected: "a declaration", found: "an `import`" },
      { hint: "imports stand before everything else in a file" },
    );
  }

  #import(node: CstNode): ImportSyntax {
    return {
      names: this.namesIn(nodeOf(node, "names")),
      from: this.string(node),
      span: this.spanOf(node),
    };
  }

  #item(node: CstNode): ItemSyntax | undefined {
    switch (node.name) {
      case "module":
        return this.#module(node);
      case "interface":
        return this.interface(node);
      case "fnDef":
        return this.fn(node);
      case "stage":
        return {
          kind: "stage",
          ...this.#header(node),
          params: this.params(nodeOf(node, "paramList")),
          entries: this.entries(nodeOf(node, "entries")),
        };
      case "experiment":
        return this.#experiment(node);
      case "weights":
        return {
          kind: "weights",
          ...this.#header(node),
          mappings: this.mappings(nodeOf(node, "mappings")),
        };
      default:
        return undefined;
    }
  }

  #experiment(node: CstNode): ItemSyntax {
    const extension = nodeOf(node, "extension");
    return {
      kind: "experiment",
      name: this.nameIn(node),
      of: tokenOf(node, "Of") === undefined ? undefined : this.nameIn(node, 1),
      extends: extension && this.nameIn(extension),
      doc: this.docAbove(node),
      span: this.spanOf(node),
      trials: this.trials(nodeOf(node, "trials")),
    };
  }

  #header(node: CstNode) {
    const common = { name: this.nameIn(node), of: this.nameIn(node, 1) };
    return { ...common, doc: this.docAbove(node), span: this.spanOf(node) };
  }

  #module(node: CstNode): ItemSyntax {
    const common = {
      isModel: tokenOf(node, "Model") !== undefined,
      name: this.nameIn(node),
      doc: this.docAbove(node),
      span: this.spanOf(node),
    };
    if (tokenOf(node, "Equal") !== undefined)
      return { kind: "alias", ...common, part: this.part(nodeOf(node, "part")) };
    return {
      kind: "module",
      ...common,
      formals: this.formals(nodeOf(node, "formals")),
      params: this.params(nodeOf(node, "paramList")),
      where: this.where(nodeOf(node, "where")),
      members: this.members(nodeOf(node, "members")),
    };
  }
}
