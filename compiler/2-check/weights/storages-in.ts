import type { Instance, MemberNode, Storage } from "../core/entity.ts";

/** Everything below a part that is saved with its weights, in the order of declaration. */
export function storagesIn(instance: Instance): readonly Storage[] {
  const found = new Set<Storage>();
  const visit = ({ content, names, elements }: MemberNode): void => {
    if (content?.kind === "storage" && content.storage.kind !== "state") found.add(content.storage);
    if (content?.kind === "part") visit(content.instance.root);
    for (const child of names.values()) visit(child);
    for (const child of elements.values()) visit(child);
  };
  visit(instance.root);
  return [...found].sort((a, b) => a.order - b.order);
}
