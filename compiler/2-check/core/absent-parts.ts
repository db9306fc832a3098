import type { EntityOf, Instance, MemberNode } from "./entity.ts";

/** A part or tensor that a condition leaves out. */
export interface AbsentPart {
  readonly path: string;
  readonly absence: EntityOf<"absent">;
}

/** What the conditions of a model and of its parts leave out. */
export function absentParts(model: Instance): readonly AbsentPart[] {
  const found: AbsentPart[] = [];
  const visit = (owner: Instance, node: MemberNode): void => {
    const { content } = node;
    const path = owner.path === "" ? node.path : `${owner.path}.${node.path}`;
    if (content?.kind === "absent") found.push({ path, absence: content });
    if (content?.kind === "part")
      for (const child of content.instance.root.names.values()) visit(content.instance, child);
    for (const child of node.names.values()) visit(owner, child);
    for (const child of node.elements.values()) visit(owner, child);
  };
  for (const node of model.root.names.values()) visit(model, node);
  return found;
}
