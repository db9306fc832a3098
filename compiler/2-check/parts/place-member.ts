import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import { type Checker, newNode } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { textOf } from "../core/describe.ts";
import type { Env, Instance, MemberNode } from "../core/entity.ts";
import type { MemberStep } from "../core/fills.ts";

/** The steps of a declared path where `env` is: `layers[i]` in turn 3 is `layers`, 3. */
export function stepsOf(
  checker: Checker,
  env: Env,
  path: PathSyntax,
): readonly MemberStep[] | undefined {
  const steps: MemberStep[] = [{ name: path.head.text }];
  for (const step of path.steps) {
    if (step.kind === "name") {
      steps.push({ name: step.name.text });
      continue;
    }
    const index = step.kind === "index" ? checker.evaluate(checker, env, step.index) : undefined;
    if (index?.kind === "error") return undefined;
    if (index?.kind !== "static" || index.value.type !== "int") {
      checker.sink.report("not-static", "span" in step ? step.span : path.span, {
        where: "an index of a path",
        found: `\`${textOf(path.span)}\``,
      });
      return undefined;
    }
    steps.push({ index: checker.sizes.valueOf(index.value.value) });
  }
  return steps;
}

/** The node at a path of the instance, made where it is not there yet. */
function nodeAt(
  checker: Checker,
  instance: Instance,
  path: PathSyntax,
  steps: readonly MemberStep[],
): MemberNode | undefined {
  const head = declareHead(checker, instance, path);
  if (head === undefined) return undefined;
  let node = head;
  for (const step of steps.slice(1))
    node = "name" in step ? namedChild(node, step.name) : element(checker, node, step.index);
  return node;
}

/** What stands at the node is this part. */
export function placePart(node: MemberNode, instance: Instance): void {
  node.content = { kind: "part", instance };
}

/** `nodeAt` for a new member: what is there already is reported. */
export function placeMember(
  checker: Checker,
  instance: Instance,
  path: PathSyntax,
  steps: readonly MemberStep[],
): MemberNode | undefined {
  const node = nodeAt(checker, instance, path, steps);
  if (node === undefined) return undefined;
  const owner = partWith(instance, steps);
  if (node.content !== undefined || node.isList || owner !== undefined) {
    const place = owner?.span ?? node.span;
    const text = owner === undefined ? "taken here" : `\`${owner.path}\` has it already`;
    const related = place === undefined ? [] : [{ span: place, text }];
    checker.sink.report("path-taken", path.span, { path: textOf(path.span) }, { related });
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
export function placeEmptyList(context: Reporting, instance: Instance, path: PathSyntax): void {
  let node = declareHead(context, instance, path);
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
  context: Reporting,
  instance: Instance,
  path: PathSyntax,
): MemberNode | undefined {
  const { head } = path;
  const entry = instance.scope.own(head.text);
  if (entry !== undefined && entry.role !== "member") {
    const related =
      entry.span === undefined ? [] : [{ span: entry.span, text: "the earlier declaration" }];
    context.sink.report(
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
      entity: { kind: "member", node, through: [] },
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

function element(checker: Checker, node: MemberNode, index: number | undefined): MemberNode {
  node.isList = true;
  if (checker.known.sizes === "symbolic" || index === undefined) {
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
