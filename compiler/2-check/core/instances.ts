import type { Label } from "../../diagnostics/diagnostic.ts";
import { noFacts } from "../../dims/facts.ts";
import type { InterfaceSyntax, ModuleSyntax } from "../../ir/syntax/syntax.ts";
import { newNode } from "./checker.ts";
import type { GraphMaking } from "./contexts.ts";
import type { Entity, Instance, LoadedFile, StaticType } from "./entity.ts";
import { Scope } from "./scope.ts";

/** An instance of which nothing is bound yet. */
export function emptyInstance(
  path: string,
  syntax: ModuleSyntax | InterfaceSyntax,
  file: LoadedFile,
): Instance {
  return {
    path,
    name: syntax.name.text,
    syntax,
    file,
    scope: new Scope("module", file.scope),
    formals: [],
    axes: new Map(),
    settings: new Map(),
    fns: new Map(),
    modes: new Map(),
    root: newNode(""),
    madeAt: undefined,
    facts: noFacts,
    inward: new Map(),
    outward: new Map(),
  };
}

/** A setting in the generic check. An int is a size with a name. */
export function unknownStatic(context: GraphMaking, type: StaticType, name: string): Entity {
  switch (type) {
    case "int":
      return { kind: "static", value: { type: "int", value: context.sizes.variable(name) } };
    case "float":
    case "bool":
    case "string":
      return { kind: "static", value: { type, value: undefined } };
    case "fn":
      return { kind: "pointwise" };
    case "init":
      return { kind: "init", init: { kind: "unknown" } };
  }
}

/** The second span of whatever is wrong inside of a part. */
export function madeHere({ name, path, madeAt }: Instance): Label | undefined {
  if (madeAt === undefined || path === "") return undefined;
  return { span: madeAt, text: `\`${name}\` is made here` };
}
