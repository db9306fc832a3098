import type { CstNode } from "chevrotain";
import type {
  EntrySyntax,
  MappingSyntax,
  OverrideSyntax,
  SelectorsSyntax,
  TrialSyntax,
} from "../../ir/syntax/entry-syntax.ts";
import { BuildMembers } from "./build-members.ts";
import { nodeOf, nodesOf, onlyNode, tokenOf, tokensOf } from "./cst.ts";

type SetSyntax = Extract<OverrideSyntax, { kind: "set" }>;
type RunSyntax = Extract<TrialSyntax, { kind: "run" }>;
type SettingName = Extract<EntrySyntax, { kind: "setting" }>["name"];

export abstract class BuildEntries extends BuildMembers {
  entries(node: CstNode | undefined): readonly EntrySyntax[] {
    return nodesOf(node, "entry").flatMap((entry) => this.#entry(onlyNode(entry)) ?? []);
  }

  #entry(node: CstNode | undefined): EntrySyntax | undefined {
    if (node === undefined) return undefined;
    const span = this.spanOf(node);
    const [first, second] = nodesOf(node, "expr").map((expr) => this.expr(expr));
    const value = first ?? ({ kind: "error", span } as const);
    switch (node.name) {
      case "axisDef":
        return this.axisDef(node);
      case "letDef":
        return this.letDef(node);
      case "freeze":
        return { kind: "freeze", selectors: this.#group(nodeOf(node, "group")), span };
      case "train": {
        const settings = nodesOf(node, "trainSetting").map((setting) => ({
          name: this.nameIn(setting),
          value: this.expr(nodeOf(setting, "expr")),
        }));
        return { kind: "train", selectors: this.#group(nodeOf(node, "group")), settings, span };
      }
      case "decay":
        return {
          kind: "decay",
          value,
          selectors: this.paths(nodeOf(node, "paths")),
          except: this.paths(nodeOf(nodeOf(node, "exceptions"), "paths")),
          span,
        };
      case "adapt": {
        const selectors = this.paths(nodeOf(node, "paths"));
        const args = this.args(nodeOf(node, "args"));
        return { kind: "adapt", selectors, method: this.nameIn(node), args, span };
      }
      case "setting":
        return {
          kind: "setting",
          name: (this.#keyword(node) ?? "steps") as SettingName,
          value,
          span,
        };
      case "startEntry":
        return { kind: "start", value, selectors: this.paths(nodeOf(node, "paths")), span };
      case "optimizer":
        return { kind: "optimizer", part: this.part(nodeOf(node, "part")), span };
      case "batch":
        return { kind: "batch", size: value, by: second, span };
      case "precision": {
        const roles = nodesOf(node, "role").map((role) => ({
          role: this.nameIn(role),
          type: this.nameIn(role, 1),
        }));
        return { kind: "precision", roles, selectors: this.paths(nodeOf(node, "paths")), span };
      }
      case "memory":
        return { kind: "memory", amount: value, unit: this.nameIn(node), span };
      case "loss":
        return { kind: "loss", body: this.block(nodeOf(node, "block")), span };
      case "watch":
        return { kind: "watch", names: this.namesIn(nodeOf(node, "names")), span };
      case "phase": {
        const entries = this.entries(nodeOf(node, "entries"));
        return {
          kind: "phase",
          name: this.nameIn(node),
          unit: this.nameIn(node, 1),
          amount: value,
          entries,
          span,
        };
      }
      default:
        return this.#override(node);
    }
  }

  #unit(node: CstNode | undefined): RunSyntax["unit"] {
    const units = { Minutes: "minutes", Flops: "flops" } as const;
    const token = (["Minutes", "Flops"] as const).find((type) => tokenOf(node, type) !== undefined);
    return token === undefined ? "steps" : units[token];
  }

  /** The word with which a setting begins. */
  #keyword(node: CstNode): string | undefined {
    return ["Schedule", "Steps", "Epochs", "Clip", "Ema"].flatMap((type) => tokensOf(node, type))[0]
      ?.image;
  }

  #group(node: CstNode | undefined): SelectorsSyntax {
    return tokenOf(node, "Else") === undefined
      ? this.paths(nodeOf(node, "paths"))
      : "everything else";
  }

  #override(node: CstNode): OverrideSyntax | undefined {
    const span = this.spanOf(node);
    const path = this.path(nodeOf(node, "path"));
    const each = tokenOf(node, "In") !== undefined;
    switch (node.name) {
      case "setEntry":
        return {
          kind: "set",
          path,
          each,
          value: this.expr(nodeOf(node, "expr")),
          upTo: this.#upTo(nodeOf(node, "upTo")),
          span,
        };
      case "dataEntry":
        return {
          kind: "data",
          sets: nodesOf(node, "dataSet").map((set) => {
            const weight = nodeOf(set, "expr");
            return { name: this.string(set), weight: weight && this.expr(weight) };
          }),
          span,
        };
      case "replaceEntry": {
        const parts = nodesOf(each ? nodeOf(node, "parts") : node, "part").map((part) =>
          this.part(part),
        );
        return { kind: "replace", path, parts, each, span };
      }
      default:
        return undefined;
    }
  }

  #upTo(node: CstNode | undefined): SetSyntax["upTo"] {
    if (node === undefined) return undefined;
    const isLog = tokenOf(node, "Log") !== undefined;
    return { to: this.expr(nodeOf(node, "expr")), isLog };
  }

  #overrides(node: CstNode): readonly OverrideSyntax[] {
    return nodesOf(nodeOf(node, "overrides"), "override").flatMap((override) => {
      const inner = onlyNode(override);
      return (inner && this.#override(inner)) ?? [];
    });
  }

  trials(node: CstNode | undefined): readonly TrialSyntax[] {
    return nodesOf(node, "trial").flatMap((trial) => this.#trial(onlyNode(trial)) ?? []);
  }

  #trial(node: CstNode | undefined): TrialSyntax | undefined {
    if (node === undefined) return undefined;
    const span = this.spanOf(node);
    const [first, second] = nodesOf(node, "expr").map((expr) => this.expr(expr));
    const value = first ?? ({ kind: "error", span } as const);
    switch (node.name) {
      case "caseTrial":
        return { kind: "case", name: this.nameIn(node), overrides: this.#overrides(node), span };
      case "pairTrial":
        return { kind: "pair", overrides: this.#overrides(node), span };
      case "whereTrial":
        return { kind: "where", value, span };
      case "baselineTrial": {
        const isNamed = nodeOf(node, "overrides") === undefined;
        const name = isNamed ? this.nameIn(node) : undefined;
        return { kind: "baseline", name, overrides: this.#overrides(node), span };
      }
      case "sampleTrial": {
        const args = this.args(nodeOf(node, "args"));
        return { kind: "sample", count: value, method: this.nameIn(node), args, span };
      }
      case "halveTrial": {
        const on = this.path(nodeOf(node, "path"));
        return { kind: "halve", by: value, from: second ?? { kind: "error", span }, on, span };
      }
      case "startTrial":
        return { kind: "start", value, span };
      case "seeds":
        return { kind: "seeds", from: value, to: second ?? { kind: "error", span }, span };
      case "run":
        return {
          kind: "run",
          stage: this.path(nodeOf(node, "path")),
          amount: first,
          unit: this.#unit(nodeOf(node, "runUnit")),
          span,
        };
      case "measure":
        return { kind: "measure", name: this.nameIn(node), value, span };
      case "report":
        return { kind: "report", value, span };
      default:
        return this.#override(node);
    }
  }

  mappings(node: CstNode | undefined): readonly MappingSyntax[] {
    return nodesOf(node, "mapping").flatMap((mapping) => this.#mapping(onlyNode(mapping)) ?? []);
  }

  #mapping(node: CstNode | undefined): MappingSyntax | undefined {
    const span = this.spanOf(node);
    const path = this.path(nodeOf(node, "path"));
    switch (node?.name) {
      case "prefix":
        return { kind: "prefix", prefix: this.string(node), span };
      case "config": {
        const entries = nodesOf(nodeOf(node, "settings"), "configSetting").map((setting) => ({
          path: this.path(nodeOf(setting, "path")),
          value: this.expr(nodeOf(setting, "expr")),
          span: this.spanOf(setting),
        }));
        return { kind: "config", file: this.string(node), entries, span };
      }
      case "map":
        return { kind: "map", path, value: this.expr(nodeOf(node, "expr")), span };
      case "tie":
        return { kind: "tie", path, to: this.path(nodeOf(node, "path", 1)), span };
      case "ignore":
        return { kind: "ignore", patterns: this.strings(node), span };
      case "initialise":
        return { kind: "initialise", selectors: this.paths(nodeOf(node, "paths")), span };
      case "resample": {
        const over = this.paths(nodeOf(node, "paths"));
        return { kind: "resample", path, over, with: this.nameIn(node), span };
      }
      default:
        return undefined;
    }
  }
}
