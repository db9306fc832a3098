import type { EntityOf, Instance, MemberNode } from "./entity.ts";

/** A part or tensor that a condition leaves out. */
export interface AbsentPart {
  readonly path: string;
  readonly absence: EntityOf<"absent">;
}

/** What the conditions of a model and of its parts leave out. */
export function absentParts(model: Instance): readonly AbsentPart[] {
  const found: AbsentPart[] = [];
  visitMembers(model, ({ content }, path) => {
    if (content?.kind === "absent") found.push({ path, absence: content });
  });
  return found;
}

/** Parts and tensors that could not be made. */
export function brokenParts(model: Instance): readonly string[] {
  const found: string[] = [];
  visitMembers(model, ({ content }, path) => {
    if (content?.kind === "error") found.push(path);
  });
  return found;
}

function visitMembers(model: Instance, see: (node: MemberNode, path: string) => void): void {
  const visit = (owner: Instance, node: MemberNode): void => {
    const { content } = node;
    see(node, owner.path === "" ? node.path : `${owner.path}.${node.path}`);
    if (content?.kind === "part")
      for (const child of content.instance.root.names.values()) visit(content.instance, child);
    for (const child of node.names.values()) visit(owner, child);
    for (const child of node.elements.values()) visit(owner, child);
  };
  for (const node of model.root.names.values()) visit(model, node);
}
