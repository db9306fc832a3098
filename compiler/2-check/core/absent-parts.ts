import type { EntityOf, Instance, MemberNode } from "./entity.ts";

/** A part or tensor that a condition leaves out. */
interface AbsentPart {
  readonly path: string;
  readonly absence: EntityOf<"absent">;
}

/** What the conditions of a model and of its parts leave out. */
export function absentParts(model: Instance): readonly AbsentPart[] {
  const found: AbsentPart[] = [];
  visitMembers(model, (owner, node) => {
    const { content } = node;
    if (content?.kind === "absent") found.push({ path: pathIn(owner, node), absence: content });
  });
  return found;
}

/** Parts and tensors that could not be made. */
export function brokenParts(model: Instance): readonly string[] {
  const found: string[] = [];
  visitMembers(model, (owner, node) => {
    if (node.content?.kind === "error") found.push(pathIn(owner, node));
  });
  return found;
}

function visitMembers(model: Instance, see: (owner: Instance, node: MemberNode) => void): void {
  const visit = (owner: Instance, node: MemberNode): void => {
    const { content } = node;
    see(owner, node);
    if (content?.kind === "part")
      for (const child of content.instance.root.names.values()) visit(content.instance, child);
    for (const child of node.names.values()) visit(owner, child);
    for (const child of node.elements.values()) visit(owner, child);
  };
  for (const node of model.root.names.values()) visit(model, node);
}

function pathIn(owner: Instance, node: MemberNode): string {
  return owner.path === "" ? node.path : `${owner.path}.${node.path}`;
}
