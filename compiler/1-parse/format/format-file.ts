import type { CstNode } from "chevrotain";
import { nodeOf, nodesOf, onlyNode, tokenOf, tokensOf } from "../build/cst.ts";
import { FormatEntries } from "./format-entries.ts";
import { blankLine, type Doc, group, line, newLine } from "./layout.ts";

export class FormatFile extends FormatEntries {
  /** Imports sorted by path, then everything else in its order. */
  whole(node: CstNode): Doc {
    const nodes = nodesOf(node, "item").flatMap((item) => onlyNode(item) ?? []);
    const written = nodes.filter((item) => item.name === "import");
    const imports = written.toSorted(byPath);
    const items = nodes.filter((item) => item.name !== "import");
    const sections = [
      this.headComments(imports.length > 0, imports[0] !== written[0]),
      imports.map((item) => [newLine, this.#item(item)]),
      this.lines(items, (item) => this.#item(item), isSpaced),
      this.endComments(),
    ].filter((section) => section.length > 0);
    return [sections.map((section, index) => this.#section(section, index > 0)), newLine];
  }

  /** Its first line loses its break, or gets an empty line above it. */
  #section([first, ...rest]: readonly (readonly Doc[])[], isAfterAnother: boolean): Doc {
    return [isAfterAnother ? blankLine : "", first?.slice(1) ?? "", rest];
  }

  #item(node: CstNode): Doc {
    const name = [this.word(node, "Name"), " "];
    switch (node.name) {
      case "import":
        return this.#import(node);
      case "module":
        return this.#module(node);
      case "interface":
        return [
          this.word(node, "Interface"),
          " ",
          this.word(node, "Name"),
          this.header(node),
          " ",
          this.promises(nodeOf(node, "promises")),
        ];
      case "fnDef":
        return this.fn(node);
      case "stage":
        return [
          this.word(node, "Stage"),
          " ",
          name,
          this.#of(node),
          group(this.paramList(nodeOf(node, "paramList"))),
          " ",
          this.entries(nodeOf(node, "entries"), "entry"),
        ];
      case "experiment":
        return [
          this.word(node, "Experiment"),
          " ",
          name,
          ...this.#experimentHead(node),
          " ",
          this.entries(nodeOf(node, "trials"), "trial"),
        ];
      case "weights":
        return [
          this.word(node, "Weights"),
          " ",
          name,
          this.#of(node),
          " ",
          this.entries(nodeOf(node, "mappings"), "mapping"),
        ];
      default:
        return "";
    }
  }

  /** `of Model`, `extends other`, or both. */
  #experimentHead(node: CstNode): readonly Doc[] {
    const of = tokenOf(node, "Of") === undefined ? [] : [this.#of(node)];
    const base = nodeOf(node, "extension");
    if (base === undefined) return of;
    const extension = [this.word(base, "Extends"), " ", this.word(base, "Name")];
    return of.length === 0 ? extension : [...of, " ", ...extension];
  }

  #of(node: CstNode): Doc {
    return [this.word(node, "Of"), " ", this.word(node, "Name", 1)];
  }

  #import(node: CstNode): Doc {
    const names = nodeOf(node, "names");
    const items = this.withCommas(
      names,
      tokensOf(names, "Name").map((name) => this.token(name)),
    );
    const list = this.list(tokenOf(node, "LeftCurly"), items, tokenOf(node, "RightCurly"), line);
    return [
      this.word(node, "Import"),
      " ",
      group(list),
      " ",
      this.word(node, "From"),
      " ",
      this.word(node, "String"),
    ];
  }

  #module(node: CstNode): Doc {
    const head = [
      this.token(tokenOf(node, "Module") ?? tokenOf(node, "Model")),
      " ",
      this.word(node, "Name"),
    ];
    if (tokenOf(node, "Equal") === undefined)
      return [head, this.header(node), " ", this.members(nodeOf(node, "members"))];
    return [head, " ", this.word(node, "Equal"), " ", this.part(nodeOf(node, "part"))];
  }
}

/** Declarations with a block. */
function isSpaced(item: CstNode): boolean {
  return item.name !== "import" && tokenOf(item, "Equal") === undefined;
}

/** The standard library first, then relative paths, each in the order of the alphabet. */
function byPath(a: CstNode, b: CstNode): number {
  const [left, right] = [pathOf(a), pathOf(b)];
  const rank = (path: string): number => (path.startsWith(".") ? 1 : 0);
  return rank(left) - rank(right) || (left < right ? -1 : left > right ? 1 : 0);
}
function pathOf(node: CstNode): string {
  return tokenOf(node, "String")?.image.slice(1, -1) ?? "";
}
