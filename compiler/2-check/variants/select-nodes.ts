import { nearestNames } from "../../diagnostics/suggest.ts";
import type { PathStepSyntax, PathSyntax } from "../../ir/syntax/syntax.ts";
import type { Checker } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Env, Instance, MemberNode, Storage } from "../core/entity.ts";
import { asOperand } from "../values/coerce.ts";

/**
 * The places that a selector names: `[*]` is every index, `[a..b]` some, `.*` any one name. Undefined
 * after a report of what is not there.
 */
export function selectNodes(
  checker: Checker,
  env: Env,
  instance: Instance,
  path: PathSyntax,
): readonly MemberNode[] | undefined {
  const { head } = path;
  const first = instance.root.names.get(head.text);
  if (first === undefined) {
    const nearest = nearestNames(head.text, instance.root.names.keys());
    checker.sink.report("unknown-name", head.span, {
      kind: "part or parameter",
      name: head.text,
      nearest,
    });
    return undefined;
  }
  let found: readonly MemberNode[] = [first];
  for (const step of path.steps) {
    const next = follow(checker, env, found, step, path);
    if (next === undefined) return undefined;
    if (next.length === 0) return reportNothing(checker, found, step, path);
    found = next;
  }
  return found;
}

/** The parameters in the subtrees of these places, in order of declaration. */
export function parametersBelow(nodes: readonly MemberNode[]): readonly Storage[] {
  const found = new Set<Storage>();
  const visit = (node: MemberNode): void => {
    const { content } = node;
    if (content?.kind === "storage" && content.storage.kind === "param") found.add(content.storage);
    for (const child of childrenOf(node)) visit(child);
  };
  for (const node of nodes) visit(node);
  return [...found];
}

/** The parts in the subtrees of these places, those at the places themselves included. */
export function partsBelow(nodes: readonly MemberNode[]): readonly Instance[] {
  const found: Instance[] = [];
  const visit = (node: MemberNode): void => {
    if (node.content?.kind === "part") found.push(node.content.instance);
    for (const child of childrenOf(node)) visit(child);
  };
  for (const node of nodes) visit(node);
  return found;
}

/** Why none of these places has anything, where a condition leaves them all out. */
export function absenceOf(nodes: readonly MemberNode[]): string | undefined {
  const reasons = nodes.map(({ content }) =>
    content?.kind === "absent" ? content.why : undefined,
  );
  return reasons.every((why) => why !== undefined) ? reasons[0] : undefined;
}

/** What stands in a place: its names, and the elements of a list. */
export function childrenOf(node: MemberNode): readonly MemberNode[] {
  return [...namesOf(node).values(), ...node.elements.values()];
}

/** What stands behind a dot: members of the part, and paths that were dotted without one. */
function namesOf(node: MemberNode): ReadonlyMap<string, MemberNode> {
  const { content } = node;
  if (content?.kind !== "part") return node.names;
  const { names } = content.instance.root;
  return node.names.size === 0 ? names : new Map([...node.names, ...names]);
}

function follow(
  checker: Checker,
  env: Env,
  nodes: readonly MemberNode[],
  step: PathStepSyntax,
  path: PathSyntax,
): readonly MemberNode[] | undefined {
  switch (step.kind) {
    case "name":
      return nodes.flatMap((node) => namesOf(node).get(step.name.text) ?? []);
    case "anyName":
      return nodes.flatMap((node) => [...namesOf(node).values()]);
    case "anyIndex":
      return nodes.flatMap((node) => [...node.elements.values()]);
    case "index": {
      const index = numberOf(checker, env, step.index, path);
      return index === undefined
        ? undefined
        : nodes.flatMap((node) => node.elements.get(index) ?? []);
    }
    case "range": {
      const from = numberOf(checker, env, step.from, path);
      const to = numberOf(checker, env, step.to, path);
      if (from === undefined || to === undefined) return undefined;
      return nodes.flatMap((node) =>
        [...node.elements].flatMap(([index, element]) =>
          index >= from && index < to ? [element] : [],
        ),
      );
    }
  }
}

function numberOf(
  checker: Checker,
  env: Env,
  expr: Extract<PathStepSyntax, { kind: "index" }>["index"],
  path: PathSyntax,
): number | undefined {
  const entity = asOperand(checker, env, checker.evaluate(checker, env, expr), expr.span);
  const index =
    entity?.kind === "static" && entity.value.type === "int"
      ? checker.sizes.valueOf(entity.value.value)
      : undefined;
  if (index === undefined && entity?.kind !== "error") {
    const found = entity === undefined ? "no value" : describe(checker, env, entity);
    checker.sink.report("not-static", expr.span, {
      where: `an index of \`${textOf(path.span)}\``,
      found,
    });
  }
  return index;
}

function reportNothing(
  context: Reporting,
  before: readonly MemberNode[],
  step: PathStepSyntax,
  path: PathSyntax,
): undefined {
  // What could not be made was reported where it stands.
  if (before.some((node) => node.content?.kind === "error")) return undefined;
  const why = absenceOf(before);
  const selector = textOf(path.span);
  if (why !== undefined) {
    context.sink.report("idle-selector", path.span, { selector, reason: why });
    return undefined;
  }
  if (step.kind === "name") {
    const { name } = step;
    const nearest = nearestNames(
      name.text,
      before.flatMap((node) => [...namesOf(node).keys()]),
    );
    context.sink.report("unknown-name", name.span, {
      kind: "part or parameter",
      name: name.text,
      nearest,
    });
    return undefined;
  }
  const span = step.kind === "index" ? step.index.span : step.span;
  const length = Math.max(...before.map((node) => node.elements.size));
  const isList = before.some((node) => node.isList);
  if (!isList || step.kind === "anyIndex" || step.kind === "anyName") {
    const what = before.map((node) => node.path)[0] ?? "";
    const reason =
      isList || step.kind === "anyName"
        ? `\`${what}\` has nothing in it`
        : `\`${what}\` is no list of parts`;
    context.sink.report("idle-selector", path.span, { selector, reason });
  } else {
    context.sink.report("out-of-range", span, {
      where: `\`${before[0]?.path ?? ""}\``,
      index: textOf(span),
      length,
    });
  }
  return undefined;
}
