import type { CstNode } from "chevrotain";
import { childrenOf, nodeOf, nodesOf, onlyNode, tokenOf } from "../build/cst.ts";
import { FormatMembers } from "./format-members.ts";
import { type Doc, group } from "./layout.ts";

/** Entries of stages, experiments and weights. */
export abstract class FormatEntries extends FormatMembers {
  protected entries(
    node: CstNode | undefined,
    element: "entry" | "trial" | "mapping" | "override",
  ): Doc {
    return this.body(node, nodesOf(node, element), (entry) => {
      const inner = onlyNode(entry);
      return inner === undefined ? "" : this.#entry(inner);
    });
  }

  #entry(node: CstNode): Doc {
    const rest = this.#rest(node);
    return rest === undefined ? this.#other(node) : [this.#keyword(node), " ", rest];
  }

  /** The word with which an entry begins. */
  #keyword(node: CstNode): Doc {
    const tokens = childrenOf(node).filter((child) => "image" in child);
    return this.token(tokens.find((token) => token.startOffset === node.location?.startOffset));
  }

  /** What stands after the first word; undefined for those that have another form. */
  #rest(node: CstNode): Doc | undefined {
    const value = (): Doc => this.expr(nodeOf(node, "expr"));
    const paths = (): Doc => this.paths(nodeOf(node, "paths"));
    const path = (at = 0): Doc => this.path(nodeOf(node, "path", at));
    const equal = (): Doc => [" ", this.word(node, "Equal"), " "];
    switch (node.name) {
      case "setEntry":
        return [
          path(),
          " ",
          this.token(tokenOf(node, "Equal") ?? tokenOf(node, "In")),
          " ",
          value(),
          this.#upTo(nodeOf(node, "upTo")),
        ];
      case "dataEntry":
        return this.row(
          node,
          nodesOf(node, "dataSet").map((set) => this.#dataSet(set)),
        );
      case "prefix":
        return this.word(node, "String");
      case "freeze":
        return this.#group(nodeOf(node, "group"));
      case "startEntry":
        return [value(), this.#forPaths(node)];
      case "decay": {
        const except = nodeOf(nodeOf(node, "exceptions"), "paths");
        return [
          value(),
          this.#forPaths(node),
          except === undefined
            ? ""
            : this.clause(this.word(node, "Except"), " ", this.paths(except)),
        ];
      }
      case "adapt": {
        const method = [this.word(node, "Name"), group(this.args(nodeOf(node, "args")))];
        return [paths(), this.clause(this.word(node, "With"), " ", method)];
      }
      case "setting":
      case "startTrial":
      case "report":
        return value();
      case "optimizer":
        return this.part(nodeOf(node, "part"));
      case "batch": {
        const by = nodeOf(node, "expr", 1);
        return by === undefined
          ? value()
          : [value(), this.clause(this.word(node, "By"), " ", this.expr(by))];
      }
      case "memory":
        return [this.word(node, "Within"), " ", value(), " ", this.word(node, "Name")];
      case "loss":
        return this.block(nodeOf(node, "block"));
      case "watch":
        return this.names(nodeOf(node, "names"));
      case "caseTrial":
        return [this.word(node, "Name"), " ", this.entries(nodeOf(node, "overrides"), "override")];
      case "pairTrial":
        return this.entries(nodeOf(node, "overrides"), "override");
      case "whereTrial":
        return value();
      case "baselineTrial":
        return nodeOf(node, "overrides") === undefined
          ? this.word(node, "Name")
          : this.entries(nodeOf(node, "overrides"), "override");
      case "sampleTrial": {
        const method = [this.word(node, "Name"), group(this.args(nodeOf(node, "args")))];
        return [value(), " ", this.word(node, "By"), " ", method];
      }
      case "halveTrial":
        return this.#halve(node);
      case "seeds":
        return this.range(node);
      case "measure":
        return [this.word(node, "Name"), equal(), value()];
      case "map":
        return [path(), equal(), value()];
      case "tie":
        return [path(), equal(), path(1)];
      case "ignore":
        return this.strings(node);
      case "initialise":
        return paths();
      default:
        return undefined;
    }
  }

  #other(node: CstNode): Doc {
    switch (node.name) {
      case "axisDef":
        return this.axisDef(node);
      case "letDef":
        return this.letDef(node);
      case "train":
        return this.#train(node);
      case "precision":
        return this.#precision(node);
      case "phase":
        return this.#phase(node);
      case "replaceEntry":
        return this.#replace(node);
      case "run":
        return this.#run(node);
      case "config":
        return this.#config(node);
      case "resample":
        return this.#resample(node);
      default:
        return "";
    }
  }

  #upTo(node: CstNode | undefined): Doc {
    if (node === undefined) return "";
    const log = tokenOf(node, "Log");
    const end = [" ", this.word(node, "To"), " ", this.expr(nodeOf(node, "expr"))];
    return log === undefined ? end : [end, " ", this.token(log)];
  }

  #halve(node: CstNode): Doc {
    return [
      [this.word(node, "By"), " ", this.expr(nodeOf(node, "expr")), " "],
      [this.word(node, "From"), " ", this.expr(nodeOf(node, "expr", 1)), " "],
      [this.word(node, "Steps"), " ", this.word(node, "On"), " "],
      this.path(nodeOf(node, "path")),
    ];
  }

  #dataSet(node: CstNode): Doc {
    const weight = nodeOf(node, "expr");
    const name = this.word(node, "String");
    return weight === undefined
      ? name
      : [name, " ", this.word(node, "Weight"), " ", this.expr(weight)];
  }

  #group(node: CstNode | undefined): Doc {
    if (tokenOf(node, "Else") === undefined) return this.paths(nodeOf(node, "paths"));
    return [this.word(node, "Everything"), " ", this.word(node, "Else")];
  }

  #train(node: CstNode): Doc {
    const settings = nodesOf(node, "trainSetting").map((setting) => {
      return [this.word(setting, "Name"), " ", this.expr(nodeOf(setting, "expr"))];
    });
    const what = [this.word(node, "Train"), " ", this.#group(nodeOf(node, "group"))];
    return [what, this.clause(this.word(node, "At"), " ", this.row(node, settings))];
  }

  #precision(node: CstNode): Doc {
    const roles = nodesOf(node, "role").map((role) => [
      this.word(role, "Name"),
      " ",
      this.word(role, "Name", 1),
    ]);
    return [[this.word(node, "Precision"), " ", this.row(node, roles)], this.#forPaths(node)];
  }

  /** What an entry is about, where it is not about all. */
  #forPaths(node: CstNode): Doc {
    const selected = nodeOf(node, "paths");
    return selected === undefined
      ? ""
      : this.clause(this.word(node, "For"), " ", this.paths(selected));
  }

  #phase(node: CstNode): Doc {
    const name = [
      this.word(node, "Phase"),
      " ",
      this.word(node, "Name"),
      " ",
      this.word(node, "Until"),
      " ",
    ];
    const until = [this.word(node, "Name", 1), " ", this.expr(nodeOf(node, "expr")), " "];
    return [name, until, this.entries(nodeOf(node, "entries"), "entry")];
  }

  #replace(node: CstNode): Doc {
    const path = [this.word(node, "Replace"), " ", this.path(nodeOf(node, "path"))];
    const list = nodeOf(node, "parts");
    if (list === undefined)
      return [path, this.clause(this.word(node, "With"), " ", this.part(nodeOf(node, "part")))];
    const parts = nodesOf(list, "part").map((part) => this.part(part));
    const items = this.list(
      tokenOf(node, "LeftSquare"),
      this.withCommas(list, parts),
      tokenOf(node, "RightSquare"),
    );
    return [path, " ", this.word(node, "In"), " ", group(items)];
  }

  #run(node: CstNode): Doc {
    const path = [this.word(node, "Run"), " ", this.path(nodeOf(node, "path"))];
    const steps = nodeOf(node, "expr");
    if (steps === undefined) return path;
    const unit = nodeOf(node, "runUnit");
    const units = ["Steps", "Minutes", "Flops"].flatMap((type) => tokenOf(unit, type) ?? []);
    return [
      path,
      this.clause(this.word(node, "For"), " ", this.expr(steps), " ", this.token(units[0])),
    ];
  }

  #config(node: CstNode): Doc {
    const settings = nodeOf(node, "settings");
    const body = this.body(settings, nodesOf(settings, "configSetting"), (setting) => {
      const path = [this.path(nodeOf(setting, "path")), " ", this.word(setting, "Equal"), " "];
      return [path, this.expr(nodeOf(setting, "expr"))];
    });
    return [this.word(node, "Config"), " ", this.word(node, "String"), " ", body];
  }

  #resample(node: CstNode): Doc {
    const path = [this.word(node, "Resample"), " ", this.path(nodeOf(node, "path"))];
    const over = [this.word(node, "Over"), " ", this.paths(nodeOf(node, "paths"))];
    return [path, this.clause(over, " ", this.word(node, "With"), " ", this.word(node, "Name"))];
  }
}
