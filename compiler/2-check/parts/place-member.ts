import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import { textOf } from "../core/describe.ts";
import { type Elaboration, newNode } from "../core/elaboration.ts";
import type { MemberStep } from "../core/fills.ts";
import type { Env, Instance, MemberNode } from "../core/meaning.ts";

/** The steps of a declared path where `env` is: `layers[i]` in turn 3 is `layers`, 3. */
export function stepsOf(
  on: Elaboration,
  env: Env,
  path: PathSyntax,
): readonly MemberStep[] | undefined {
  const steps: MemberStep[] = [{ name: path.head.text }];
  for (const step of path.steps) {
    if (step.kind === "name") {
      steps.push({ name: step.name.text });
      continue;
    }
    const index = step.kind === "index" ? on.evaluate(on, env, step.index) : undefined;
    if (index?.kind === "error") return undefined;
    if (index?.kind !== "static" || index.value.type !== "int") {
      on.sink.report("not-static", "span" in step ? step.span : path.span, {
        where: "an index of a path",
        found: `\`${textOf(path.span)}\``,
      });
      return undefined;
    }
    steps.push({ index: on.sizes.valueOf(index.value.value) });
  }
  return steps;
}

/** The node at a path of the instance, made where it is not there yet. */
export function nodeAt(
  on: Elaboration,
  instance: Instance,
  path: PathSyntax,
  steps: readonly MemberStep[],
): MemberNode | undefined {
  const head = declareHead(on, instance, path);
  if (head === undefined) return undefined;
  let node = head;
  for (const step of steps.slice(1))
    node = "name" in step ? namedChild(node, step.name) : element(on, node, step.index);
  return node;
}

/** `nodeAt` for a new member: what is there already is reported. */
export function placeMember(
  on: Elaboration,
  instance: Instance,
  path: PathSyntax,
  steps: readonly MemberStep[],
): MemberNode | undefined {
  const node = nodeAt(on, instance, path, steps);
  if (node === undefined) return undefined;
  const owner = partWith(instance, steps);
  if (node.content !== undefined || node.isList || owner !== undefined) {
    const place = owner?.span ?? node.span;
    const text = owner === undefined ? "taken here" : `\`${owner.path}\` has it already`;
    const related = place === undefined ? [] : [{ span: place, text }];
    on.sink.report("path-taken", path.span, { path: textOf(path.span) }, { related });
    return undefined;
  }
  node.span = path.span;
  return node;
}

/** A part has its own members: a path may go on below it only where the part has nothing. */
function partWith(instance: Instance, steps: readonly MemberStep[]): MemberNode | undefined {
  let node: MemberNode | undefined = instance.root;
  for (const step of steps) {
    const part: Instance | undefined =
      node?.content?.kind === "part" ? node.content.instance : undefined;
    if (part !== undefined && "name" in step && part.root.names.has(step.name)) return node;
    node =
      "name" in step
        ? node?.names.get(step.name)
        : (node?.anyElement ?? node?.elements.get(step.index ?? 0));
  }
  return undefined;
}

/** Where a part takes a path that a member has already. */
export function pathTakenBy(part: Instance, node: MemberNode): MemberNode | undefined {
  for (const [name, child] of node.names) if (part.root.names.has(name)) return child;
  return undefined;
}

/** A `repeat` of no turns still declares its lists, which are empty. */
export function placeEmptyList(on: Elaboration, instance: Instance, path: PathSyntax): void {
  let node = declareHead(on, instance, path);
  for (const step of path.steps) {
    if (node === undefined) return;
    if (step.kind !== "name") {
      node.isList = true;
      return;
    }
    node = namedChild(node, step.name.text);
  }
}

/** The first name of a path is a name of the module. */
function declareHead(
  on: Elaboration,
  instance: Instance,
  path: PathSyntax,
): MemberNode | undefined {
  const { head } = path;
  const entry = instance.scope.own(head.text);
  if (entry !== undefined && entry.role !== "member") {
    const related =
      entry.span === undefined ? [] : [{ span: entry.span, text: "the earlier declaration" }];
    on.sink.report(
      "declared-twice",
      head.span,
      { name: head.text, where: `\`${instance.name}\`` },
      { related },
    );
    return undefined;
  }
  const node = namedChild(instance.root, head.text);
  if (entry === undefined) {
    instance.scope.declare(head.text, {
      meaning: { kind: "member", node, through: [] },
      span: head.span,
      role: "member",
    });
  }
  return node;
}

function namedChild(node: MemberNode, name: string): MemberNode {
  const known = node.names.get(name);
  if (known !== undefined) return known;
  const made = newNode(node.path === "" ? name : `${node.path}.${name}`);
  node.names.set(name, made);
  return made;
}

function element(on: Elaboration, node: MemberNode, index: number | undefined): MemberNode {
  node.isList = true;
  if (on.known.sizes === "symbolic" || index === undefined) {
    node.anyElement ??= newNode(`${node.path}[*]`);
    return node.anyElement;
  }
  const known = node.elements.get(index);
  if (known !== undefined) return known;
  const made = newNode(`${node.path}.${index}`);
  node.elements.set(index, made);
  return made;
}

/** What a name of the module means: a stored tensor or a part is found by its node. */
export function memberPath(instance: Instance, steps: readonly MemberStep[]): string {
  const texts = steps.map((step) => ("name" in step ? step.name : (step.index ?? "*")));
  return [instance.path, ...texts].filter((text) => text !== "").join(".");
}
