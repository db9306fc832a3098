import type { InterfaceSyntax, MemberSyntax } from "../../ir/syntax/syntax.ts";
import { newNode } from "../core/checker.ts";
import type { Env, Instance, LoadedFile, MemberNode } from "../core/entity.ts";
import { rootFrame } from "../core/root-frame.ts";
import { Scope } from "../core/scope.ts";

/**
 * The names of a model before those of the file that speaks about it: what a stage, an experiment or a
 * `weights` block sees. Names that only the model's own file knows stay there.
 */
export function modelEnv(file: LoadedFile, instance: Instance): Env {
  const scope = new Scope("module", file.scope);
  for (const name of instance.scope.names()) {
    const entry = instance.scope.own(name);
    if (entry !== undefined) scope.declare(name, entry);
  }
  return { scope, frame: rootFrame(instance), isInFor: false };
}

/**
 * The same with every slot of the model seen through its interface, so that what is written there
 * holds for every part that an experiment may put into the slot.
 */
export function promisedEnv(file: LoadedFile, instance: Instance): Env {
  const env = modelEnv(file, instance);
  for (const member of instance.syntax.kind === "module" ? instance.syntax.members : []) {
    if (member.kind !== "slot" || member.path.steps.length > 0) continue;
    const node = instance.root.names.get(member.path.head.text);
    const promise = interfaceOf(instance, member);
    if (node?.content?.kind !== "part" || promise === undefined) continue;
    const seen = promisedNode(node, node.content.instance, promise);
    env.scope.declare(member.path.head.text, {
      entity: { kind: "member", node: seen, through: [] },
      span: member.path.head.span,
      role: "member",
    });
  }
  return env;
}

function interfaceOf(
  instance: Instance,
  slot: Extract<MemberSyntax, { kind: "slot" }>,
): InterfaceSyntax | undefined {
  const entity = instance.scope.find(slot.interface.text)?.entry.entity;
  if (entity?.kind !== "item" || entity.item.syntax.kind !== "interface") return undefined;
  return entity.item.syntax;
}

/** The part itself, with all hidden that its interface does not list. Its axes stay its own. */
function promisedNode(node: MemberNode, part: Instance, promise: InterfaceSyntax): MemberNode {
  const axes = new Set(
    [...promise.axes, ...promise.formals.map((formal) => formal.name)].map((one) => one.text),
  );
  const settings = new Set(promise.params.map((param) => param.name.text));
  const fns = new Set(promise.fns.map((fn) => fn.name.text));
  const callables = [...part.fns].concat(
    [...part.modes.values()].flatMap((mode) => {
      const [callable] = mode.steps;
      return mode.isStepped || callable === undefined ? [] : [[mode.name, callable] as const];
    }),
  );
  const seen: Instance = {
    ...part,
    name: promise.name.text,
    syntax: promise,
    axes: new Map([...part.axes].filter(([name]) => axes.has(name))),
    settings: new Map([...part.settings].filter(([name]) => settings.has(name))),
    fns: new Map(callables.filter(([name]) => fns.has(name))),
    modes: new Map(),
    root: newNode(part.root.path),
  };
  return { ...node, content: { kind: "part", instance: seen }, names: new Map() };
}
